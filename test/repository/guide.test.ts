import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { SETTINGS, type Setting } from '../../src/cli/settings/settings.ts'

test('the table of settings in docs/guide.md is what src/cli/settings/settings.ts says', async () => {
  const guide = await readFile('docs/guide.md', 'utf8')
  const [, table] = /<!-- settings -->\n([\s\S]*?)<!-- \/settings -->/.exec(guide) ?? []
  expect(unpadded(table ?? '')).toBe(unpadded(settingsTable()))
})

/** A table without what only lines its columns up. */
function unpadded(table: string): string {
  return table.replaceAll(/ *\| */g, '|').replaceAll(/-+/g, '-')
}

function settingsTable(): string {
  const rows = Object.values(SETTINGS).map((setting: Setting<unknown>) => {
    const flag = setting.flag === undefined ? '' : `\`--${setting.flag}${argument(setting)}\``
    return `| ${flag} | \`${setting.environment}\` | \`${setting.file}\` | ${shown(setting.default)} | ${setting.help} |`
  })
  const head = ['| flag | environment | config file | default | |', '|---|---|---|---|---|']
  return `${[...head, ...rows].join('\n').replaceAll('n|auto', 'n\\|auto')}\n`
}

function argument(setting: Setting<unknown>): string {
  return setting.argument === undefined ? '' : ` <${setting.argument}>`
}

function shown(value: unknown): string {
  if (value === undefined || value === false || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)) {
    return ''
  }
  if (typeof value === 'object' && value !== null && 'host' in value && 'port' in value) {
    return `\`${value.host}:${value.port}\``
  }
  return `\`${value}\``
}
