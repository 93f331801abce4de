/** What runs a file of a language, by the editor's name of the language. */
const interpreters: Readonly<Record<string, readonly string[]>> = {
  python: ['python3'],
  shellscript: ['sh'],
  fish: ['fish'],
  javascript: ['node'],
  perl: ['perl'],
  perl6: ['raku'],
  raku: ['raku'],
  ruby: ['ruby'],
  php: ['php'],
  lua: ['lua'],
  r: ['Rscript'],
  julia: ['julia'],
  tcl: ['tclsh'],
  awk: ['awk', '-f'],
  powershell: ['pwsh', '-File'],
};

/** Languages whose sources nothing runs as they are. */
const compiled: Readonly<Record<string, string>> = {
  c: 'C',
  cpp: 'C++',
  csharp: 'C#',
  'objective-c': 'Objective-C',
  rust: 'Rust',
  go: 'Go',
  java: 'Java',
  kotlin: 'Kotlin',
  swift: 'Swift',
  zig: 'Zig',
  haskell: 'Haskell',
  typescript: 'TypeScript',
};

export const interpretedLanguages: readonly string[] = Object.keys(interpreters);

/** A file as it lies on the disk. */
export interface ProgramFile {
  readonly path: string;
  /** The editor's name of its language, where the editor has it open. */
  readonly language?: string | undefined;
  /** Whether whoever runs the editor may execute it. */
  readonly executable: boolean;
  /** Its first bytes, as Latin-1. */
  readonly beginning: string;
}

export type Invocation = { readonly command: readonly string[] } | { readonly problem: string };

/** The words of a first line like `#!/usr/bin/env python3`: the interpreter and, as the kernel has it, one argument. */
function interpreterOf(beginning: string): readonly string[] | undefined {
  const [, interpreter, argument] = /^#![ \t]*([^ \t\r\n]+)(?:[ \t]+([^\r\n]*[^ \t\r\n]))?/.exec(beginning) ?? [];
  if (interpreter === undefined) return undefined;
  return argument === undefined ? [interpreter] : [interpreter, argument];
}

/** How a file is run, or the sentence that says why it cannot be. @param inside its path in the sandbox */
export function invocationOf({ path, language = '', executable, beginning }: ProgramFile, inside = path): Invocation {
  const name = path.split('/').at(-1) ?? path;
  if (beginning.startsWith('\x7fELF')) {
    return executable
      ? { command: [inside] }
      : { problem: `${name} is a program, but you may not execute it: chmod +x gives you the right` };
  }
  const named = interpreterOf(beginning);
  if (named) return { command: executable ? [inside] : [...named, inside] };
  const interpreter = interpreters[language];
  if (interpreter) return { command: [...interpreter, inside] };
  const source = compiled[language];
  if (source) return { problem: `${name} is ${source}: compile it first, and run what comes out of it` };
  return { problem: `Nothing tells how to run ${name}: begin it with a line like #!/usr/bin/env python3` };
}
