/** How files of a language are run; `says` is the language's name where nothing runs its sources as they are. */
type Language = { readonly endings: readonly string[] } & ({ readonly run: readonly string[] } | { readonly says: string });

/** By the editor's name of the language. */
const languages: Readonly<Record<string, Language>> = {
  python: { endings: ['py'], run: ['python3'] },
  shellscript: { endings: ['sh', 'bash'], run: ['sh'] },
  fish: { endings: ['fish'], run: ['fish'] },
  javascript: { endings: ['js', 'mjs', 'cjs'], run: ['node'] },
  perl: { endings: ['pl'], run: ['perl'] },
  perl6: { endings: ['p6'], run: ['raku'] },
  raku: { endings: ['raku'], run: ['raku'] },
  ruby: { endings: ['rb'], run: ['ruby'] },
  php: { endings: ['php'], run: ['php'] },
  lua: { endings: ['lua'], run: ['lua'] },
  r: { endings: ['r', 'R'], run: ['Rscript'] },
  julia: { endings: ['jl'], run: ['julia'] },
  tcl: { endings: ['tcl'], run: ['tclsh'] },
  awk: { endings: ['awk'], run: ['awk', '-f'] },
  powershell: { endings: ['ps1'], run: ['pwsh', '-File'] },
  c: { endings: ['c'], says: 'C' },
  cpp: { endings: ['cpp', 'cc', 'cxx'], says: 'C++' },
  csharp: { endings: ['cs'], says: 'C#' },
  'objective-c': { endings: ['m'], says: 'Objective-C' },
  rust: { endings: ['rs'], says: 'Rust' },
  go: { endings: ['go'], says: 'Go' },
  java: { endings: ['java'], says: 'Java' },
  kotlin: { endings: ['kt'], says: 'Kotlin' },
  swift: { endings: ['swift'], says: 'Swift' },
  zig: { endings: ['zig'], says: 'Zig' },
  haskell: { endings: ['hs'], says: 'Haskell' },
  typescript: { endings: ['ts'], says: 'TypeScript' },
};

export const interpretedLanguages: readonly string[] = Object.entries(languages).flatMap(([name, each]) => ('run' in each ? [name] : []));

/** As the editor has it, or by the ending: the editor may not have looked at it yet. */
function languageOf(path: string, language: string | undefined): Language | undefined {
  const ending = /\.([^./]+)$/.exec(path)?.[1] ?? '';
  return languages[language ?? ''] ?? Object.values(languages).find(each => each.endings.includes(ending));
}

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
export function invocationOf({ path, language, executable, beginning }: ProgramFile, inside = path): Invocation {
  const name = path.split('/').at(-1) ?? path;
  if (beginning.startsWith('\x7fELF')) {
    return executable
      ? { command: [inside] }
      : { problem: `${name} is a program, but you may not execute it: chmod +x gives you the right` };
  }
  const named = interpreterOf(beginning);
  if (named) return { command: executable ? [inside] : [...named, inside] };
  const known = languageOf(path, language);
  if (known && 'run' in known) return { command: [...known.run, inside] };
  if (known) return { problem: `${name} is ${known.says}: compile it first, and run what comes out of it` };
  return { problem: `Nothing tells how to run ${name}: begin it with a line like #!/usr/bin/env python3` };
}
