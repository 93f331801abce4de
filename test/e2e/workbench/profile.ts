import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a workbench writes to, and nothing outside of it. */
export interface Profile {
  readonly directory: string;
  readonly userData: string;
  readonly extensions: string;
  readonly serverLog: string;
}

export type Settings = Readonly<Record<string, unknown>>;

/** Quiet and offline, with terminals whose text can be read in the DOM. */
const quiet: Settings = {
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.enablePersistentSessions': false,
  'window.restoreWindows': 'none',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'files.simpleDialog.enable': true,
};

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export function makeProfile(directory: string, settings: Settings = {}, owner?: Owner): Profile {
  const profile: Profile = {
    directory,
    userData: join(directory, 'data'),
    extensions: join(directory, 'extensions'),
    serverLog: join(directory, 'server.log'),
  };
  const user = join(profile.userData, 'User');
  const machine = join(profile.userData, 'Machine');
  const folders = [directory, profile.userData, user, machine, profile.extensions, join(directory, 'xdg')];
  const files = {
    [join(user, 'settings.json')]: JSON.stringify({ ...quiet, ...settings }, null, 2),
    // Where a setting is looked for that is one of the machine, and not of the person.
    [join(machine, 'settings.json')]: JSON.stringify(settings, null, 2),
    // Without one of its own code-server writes to the home directory.
    [configuration(profile)]: 'auth: none\ncert: false\n',
  };
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
  if (owner) for (const path of [...folders, ...Object.keys(files)]) chownSync(path, owner.uid, owner.gid);
  return profile;
}

const configuration = (profile: Profile): string => join(profile.directory, 'config.yaml');

export const profileArguments = (profile: Profile): readonly string[] => [
  '--config',
  configuration(profile),
  '--user-data-dir',
  profile.userData,
  '--extensions-dir',
  profile.extensions,
];

/** Whatever --user-data-dir says, code-server, VS Code and Chromium also write to the XDG folders. */
export const xdgFolders = (directory: string): Record<string, string> => ({
  XDG_DATA_HOME: join(directory, 'xdg/data'),
  XDG_CONFIG_HOME: join(directory, 'xdg/config'),
  XDG_CACHE_HOME: join(directory, 'xdg/cache'),
});
