import type { WorkspaceConfiguration } from 'vscode';

/** Every setting below `burrow.`, with its default; package.json has the same ones. */
export const settings = {
  'helper.socket': '',
  'helper.autoStart': true,
  'terminal.shell': '',
  'terminal.shellIntegration': true,
  'terminal.defaultTarget': '',
  'namespaces.groupBy': 'type',
  'namespaces.hideKernelThreads': false,
  'namespaces.hideHost': false,
  'run.memory': '512M',
  'run.processes': 64,
  'run.cpuSeconds': 30,
  'run.wallSeconds': 60,
} as const;

type Settings = typeof settings;
type Value<K extends keyof Settings> = Settings[K] extends boolean ? boolean : Settings[K] extends number ? number : string;

/** A setting's value; its default when the person wrote one of another type. */
export function readSetting<K extends keyof Settings>(configuration: WorkspaceConfiguration, key: K): Value<K>;
export function readSetting(configuration: WorkspaceConfiguration, key: keyof Settings): boolean | number | string {
  const value = configuration.get<unknown>(key);
  const fallback = settings[key];
  const fits = (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') && typeof value === typeof fallback;
  return fits ? value : fallback;
}

/** Whether the value of a setting is from a file of the workspace, which may be anybody's. */
export function isOfWorkspace(configuration: WorkspaceConfiguration, key: keyof Settings): boolean {
  const found = configuration.inspect(key);
  return found?.workspaceValue !== undefined || found?.workspaceFolderValue !== undefined;
}

/** Where a setting is changed: in the workspace where that has one of its own, for the person where not. */
export async function writeSetting<K extends keyof Settings>(
  configuration: WorkspaceConfiguration,
  key: K,
  value: Value<K>,
): Promise<void> {
  const everywhere = configuration.inspect(key)?.workspaceValue === undefined;
  await configuration.update(key, value, everywhere);
}

export const defaultSocket = '/run/burrow/helper.sock';
