/**
 * CRC-32C and CRC-64/NVME, table driven, eight bytes a step. Node has neither (`node:zlib` has CRC-32).
 * Both are reflected, start from all ones and end complemented.
 * @see https://reveng.sourceforge.io/crc-catalogue/all.htm (CRC-32/ISCSI, CRC-64/NVME)
 */
export interface RunningCrc {
  update(bytes: Uint8Array): void
  /** The value, most significant byte first. */
  digest(): Buffer
}

const CASTAGNOLI_REFLECTED = 0x82f63b78n
const NVME_REFLECTED = 0x9a6c9329ac4bc9b5n

export function crc32c(): RunningCrc {
  return new TableCrc(4, CASTAGNOLI_REFLECTED)
}

export function crc64Nvme(): RunningCrc {
  return new TableCrc(8, NVME_REFLECTED)
}

/** Tables by polynomial: entry `256 * distance + byte` is the CRC of the byte followed by `distance` zero bytes. */
interface Tables {
  readonly low: Int32Array
  readonly high: Int32Array
}

const tablesByPolynomial = new Map<bigint, Tables>()

/** Holds the value in two halves of 32 bits, because JavaScript's integer operations have no more. */
class TableCrc implements RunningCrc {
  private readonly sizeBytes: 4 | 8
  private readonly tables: Tables
  private low = -1
  private high: number

  constructor(sizeBytes: 4 | 8, polynomial: bigint) {
    this.sizeBytes = sizeBytes
    this.tables = tablesOf(polynomial)
    this.high = sizeBytes === 8 ? -1 : 0
  }

  update(bytes: Uint8Array): void {
    const wholeSteps = bytes.length - (bytes.length % 8)
    this.updateBySteps(bytes, wholeSteps)
    this.updateByBytes(bytes, wholeSteps)
  }

  digest(): Buffer {
    const value = Buffer.alloc(8)
    value.writeInt32BE(~this.high, 0)
    value.writeInt32BE(~this.low, 4)
    return value.subarray(8 - this.sizeBytes)
  }

  private updateBySteps(bytes: Uint8Array, end: number): void {
    const { low: lowTable, high: highTable } = this.tables
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let { low, high } = this
    for (let at = 0; at < end; at += 8) {
      const first = low ^ view.getInt32(at, true)
      const second = high ^ view.getInt32(at + 4, true)
      const i0 = 0x700 | (first & 0xff)
      const i1 = 0x600 | ((first >>> 8) & 0xff)
      const i2 = 0x500 | ((first >>> 16) & 0xff)
      const i3 = 0x400 | (first >>> 24)
      const i4 = 0x300 | (second & 0xff)
      const i5 = 0x200 | ((second >>> 8) & 0xff)
      const i6 = 0x100 | ((second >>> 16) & 0xff)
      const i7 = second >>> 24
      low = xor(lowTable, i0, i1, i2, i3) ^ xor(lowTable, i4, i5, i6, i7)
      high = xor(highTable, i0, i1, i2, i3) ^ xor(highTable, i4, i5, i6, i7)
    }
    this.low = low
    this.high = high
  }

  private updateByBytes(bytes: Uint8Array, start: number): void {
    const { low: lowTable, high: highTable } = this.tables
    for (let at = start; at < bytes.length; at++) {
      const index = (this.low ^ (bytes[at] ?? 0)) & 0xff
      this.low = ((this.low >>> 8) | (this.high << 24)) ^ (lowTable[index] ?? 0)
      this.high = (this.high >>> 8) ^ (highTable[index] ?? 0)
    }
  }
}

function xor(table: Int32Array, a: number, b: number, c: number, d: number): number {
  return (table[a] ?? 0) ^ (table[b] ?? 0) ^ (table[c] ?? 0) ^ (table[d] ?? 0)
}

function tablesOf(polynomial: bigint): Tables {
  const known = tablesByPolynomial.get(polynomial)
  if (known) return known
  const made = makeTables(polynomial)
  tablesByPolynomial.set(polynomial, made)
  return made
}

function makeTables(polynomial: bigint): Tables {
  const values: bigint[] = []
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n
    values.push(value)
  }
  for (let index = 256; index < 8 * 256; index++) {
    const nearer = values[index - 256] ?? 0n
    values.push((nearer >> 8n) ^ (values[Number(nearer & 0xffn)] ?? 0n))
  }
  return {
    low: Int32Array.from(values, (value) => Number(BigInt.asIntN(32, value))),
    high: Int32Array.from(values, (value) => Number(BigInt.asIntN(32, value >> 32n))),
  }
}
