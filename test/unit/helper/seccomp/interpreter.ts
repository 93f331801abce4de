// Classic BPF as the kernel runs it over struct seccomp_data, Documentation/userspace-api/seccomp_filter.rst.

export interface SeccompData {
  readonly nr: number;
  readonly arch: number;
  readonly args: readonly bigint[];
}

const WORD_BYTES = 4;

/** What the filter answers. Like the kernel it refuses to leave the program, to go back, or to read beside the data. */
export function run(filter: Buffer, { nr, arch, args }: SeccompData): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(nr, 0);
  data.writeUInt32LE(arch, 4);
  args.forEach((value, index) => {
    data.writeBigUInt64LE(value, 16 + index * 8);
  });
  let a = 0;
  for (let pc = 0; pc * 8 < filter.length; pc++) {
    const code = filter.readUInt16LE(pc * 8);
    const k = filter.readUInt32LE(pc * 8 + 4);
    const branch = (holds: boolean): void => {
      pc += filter.readUInt8(pc * 8 + (holds ? 2 : 3));
    };
    switch (code) {
      case 0x20:
        if (k % WORD_BYTES !== 0) throw new Error(`a load from ${k}`);
        a = data.readUInt32LE(k);
        break;
      case 0x54:
        a = (a & k) >>> 0;
        break;
      case 0x05:
        pc += k;
        break;
      case 0x15:
        branch(a === k);
        break;
      case 0x25:
        branch(a > k);
        break;
      case 0x35:
        branch(a >= k);
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`instruction ${pc} is ${code}`);
    }
  }
  throw new Error('the program has no end');
}
