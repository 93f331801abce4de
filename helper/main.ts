import './sys/no-debugger.ts';
import { main } from './client/commands.ts';
import { say } from './client/print.ts';

// No top-level await: the bundle is CommonJS.
main(process.argv.slice(2)).then(
  code => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  },
);
