import { type Disposable, type EventEmitter, languages, type TextDocument, Uri, window, workspace } from 'vscode';
import type { Difference } from '../../helper/protocol/difference.ts';
import { HelperFailure } from '../../helper/protocol/helper-failure.ts';
import { NotRunning } from '../helper-client/errors.ts';
import { explain } from '../helper-client/explain.ts';
import { visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import type { Session } from '../session.ts';
import { addressOf, readAddress, type Shown, subjectOf } from './address.ts';
import { touches } from './freshness.ts';
import { scheme } from './scheme.ts';

export const uriOf = (machine: Machine, shown: Shown): Uri => Uri.from(addressOf(machine, shown));

/** The YAML library is only loaded for the first document, to keep the activation short. */
const renderers = () => import('./render.ts');

const isGone = (error: unknown): boolean => error instanceof HelperFailure && ['gone', 'unknown'].includes(error.failure.kind);

/** Makes the text of Burrow's documents, and makes it anew while they are open. */
export class Documents implements Disposable {
  readonly #session: Session;
  readonly #changed: EventEmitter<Uri>;
  /** What each open document shows, by its address. */
  readonly #texts = new Map<string, string>();
  /** Texts that were made to see whether they differ: the editor asks for them next. */
  readonly #fresh = new Map<string, string>();
  /** The addresses of those that are being made, and of those that have to be made once more. */
  readonly #renewing = new Set<string>();
  readonly #outdated = new Set<string>();
  readonly #listeners: Disposable[];

  /** @param changed fired with the address of a document whose text is another one now */
  constructor(session: Session, changed: EventEmitter<Uri>) {
    this.#session = session;
    this.#changed = changed;
    this.#listeners = [
      session.onDidChangeMachine(differences => this.#refreshOpen(differences)),
      // What it holds changes without the namespace itself changing: addresses, mounts, a host name.
      window.onDidChangeActiveTextEditor(editor => {
        if (editor) this.#refresh(editor.document, undefined);
      }),
      workspace.onDidOpenTextDocument(document => this.#opened(document)),
      workspace.onDidCloseTextDocument(({ uri }) => {
        this.#texts.delete(uri.toString());
        this.#fresh.delete(uri.toString());
      }),
    ];
    for (const document of workspace.textDocuments) this.#opened(document);
  }

  async provide(uri: Uri): Promise<string> {
    const key = uri.toString();
    const text = this.#fresh.get(key) ?? (await this.#text(uri));
    this.#fresh.delete(key);
    this.#texts.set(key, text);
    return text;
  }

  async #text(uri: Uri): Promise<string> {
    const shown = readAddress(uri.query);
    if (!shown) return '# This is none of the documents of Burrow.\n';
    const last = this.#texts.get(uri.toString());
    try {
      return await this.#render(shown, last);
    } catch (error) {
      if (isGone(error)) return (await renderers()).renderGone(subjectOf(shown), last);
      // What was known stays readable while no helper runs.
      if (error instanceof NotRunning && last !== undefined) return last;
      this.#session.log.warn(String(error));
      return `# ${visible(explain(error).message, 1000)}\n`;
    }
  }

  async #render(shown: Shown, last: string | undefined): Promise<string> {
    const { renderGone, renderNamespace, renderPlan, renderProcess } = await renderers();
    if (shown.kind === 'namespace') {
      const inspection = await this.#session.request('namespaces/inspect', shown.key);
      return renderNamespace(inspection, this.#session.machine);
    }
    if (shown.kind === 'plan') {
      return renderPlan(await this.#session.request('sandbox/plan', { definition: shown.definition }), shown.failed);
    }
    if (!this.#session.hello) throw new NotRunning();
    const process = this.#session.machine.process(shown.pid);
    if (process?.start === shown.start) return renderProcess(process, this.#session.machine);
    return renderGone(subjectOf(shown), last);
  }

  #opened(document: TextDocument): void {
    if (document.uri.scheme !== scheme || readAddress(document.uri.query)?.kind === 'plan') return;
    languages.setTextDocumentLanguage(document, 'yaml').then(undefined, (error: unknown) => this.#session.log.warn(String(error)));
  }

  #refreshOpen(differences: readonly Difference[] | undefined): void {
    for (const document of workspace.textDocuments) this.#refresh(document, differences);
  }

  #refresh({ uri }: TextDocument, differences: readonly Difference[] | undefined): void {
    if (uri.scheme !== scheme) return;
    const shown = readAddress(uri.query);
    if (!shown || shown.kind === 'plan') return;
    if (shown.kind === 'namespace' && !touches(differences, shown.key)) return;
    this.#renew(uri).catch((error: unknown) => this.#session.log.warn(String(error)));
  }

  /** Where processes come and go all the time, the helper is asked again only after it has answered. */
  async #renew(uri: Uri): Promise<void> {
    const key = uri.toString();
    if (this.#renewing.has(key)) {
      this.#outdated.add(key);
      return;
    }
    this.#renewing.add(key);
    try {
      do {
        this.#outdated.delete(key);
        const text = await this.#text(uri);
        if (text === this.#texts.get(key)) continue;
        this.#fresh.set(key, text);
        this.#changed.fire(uri);
      } while (this.#outdated.has(key));
    } finally {
      this.#renewing.delete(key);
    }
  }

  dispose(): void {
    for (const each of this.#listeners) each.dispose();
  }
}
