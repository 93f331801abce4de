import './sys/no-debugger.ts';
import { main } from './client/commands.ts';

// No top-level await: the bundle is CommonJS.
main(process.argv.slice(2)).then(
  code => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  },
);
