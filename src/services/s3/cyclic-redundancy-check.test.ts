import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c, crc64Nvme, type RunningCrc } from './cyclic-redundancy-check.ts'

const KINDS = [
  { name: 'CRC-32C', start: crc32c, polynomial: 0x82f63b78n, bits: 32, check: 'e3069283' },
  { name: 'CRC-64/NVME', start: crc64Nvme, polynomial: 0x9a6c9329ac4bc9b5n, bits: 64, check: 'ae8b14860a799888' },
]

test.each(KINDS)('$name of "123456789" is the value of the catalogue', ({ start, check }) => {
  expect(digestOf(start(), Buffer.from('123456789'))).toBe(check)
})

test.each(KINDS)(
  '$name is the same however the bytes are cut, and the same as bit by bit',
  ({ start, polynomial, bits }) => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
    fc.assert(
      fc.property(pieces, (chunks) => {
        expect(digestOf(start(), ...chunks)).toBe(bitByBit(Buffer.concat(chunks), polynomial, bits))
      }),
    )
  },
)

function digestOf(running: RunningCrc, ...chunks: readonly Uint8Array[]): string {
  for (const chunk of chunks) running.update(chunk)
  return running.digest().toString('hex')
}

function bitByBit(bytes: Uint8Array, polynomial: bigint, bits: number): string {
  const ones = (1n << BigInt(bits)) - 1n
  let value = ones
  for (const byte of bytes) {
    value ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n
  }
  return (value ^ ones).toString(16).padStart(bits / 4, '0')
}
