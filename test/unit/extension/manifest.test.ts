import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as z from 'zod';
import { commandIds, contextKeys, viewIds } from '../../../extension/command-ids.ts';
import { containerTree } from '../../../extension/containers/model.ts';
import { groupings, groupingWords } from '../../../extension/namespaces/arrangement.ts';
import { namespaceTree } from '../../../extension/namespaces/model.ts';
import { interpretedLanguages } from '../../../extension/run-file/interpreters.ts';
import { sandboxTree } from '../../../extension/sandboxes/model.ts';
import { settings } from '../../../extension/settings.ts';
import { taskKeys } from '../../../extension/tasks/definition.ts';
import { taskType } from '../../../extension/tasks/task-type.ts';
import { profileIds } from '../../../extension/terminal/profile-ids.ts';
import type { TreeNode } from '../../../extension/tree/node.ts';
import { by } from './drawing.ts';
import { machine } from './example.ts';
import { unusual } from './unusual.ts';

const root = join(import.meta.dirname, '../../../..');
const Entry = z.object({ command: z.string().optional(), submenu: z.string().optional(), when: z.string().optional() });
const Manifest = z.object({
  icon: z.string(),
  capabilities: z.object({
    untrustedWorkspaces: z.object({ supported: z.literal('limited'), restrictedConfigurations: z.array(z.string()) }),
  }),
  contributes: z.object({
    commands: z.array(
      z.object({ command: z.string(), title: z.string(), category: z.literal('Burrow'), enablement: z.string().optional() }),
    ),
    views: z.object({ burrow: z.array(z.object({ id: z.string(), icon: z.string() })) }),
    viewsContainers: z.object({ activitybar: z.array(z.object({ id: z.string(), icon: z.string() })) }),
    viewsWelcome: z.array(z.object({ view: z.string(), contents: z.string(), when: z.string() })),
    menus: z.record(z.string(), z.array(Entry)),
    submenus: z.array(z.object({ id: z.string() })),
    configuration: z.object({
      properties: z.record(
        z.string(),
        z.object({
          default: z.unknown(),
          scope: z.string().optional(),
          markdownDescription: z.string(),
          enum: z.array(z.string()).optional(),
          enumItemLabels: z.array(z.string()).optional(),
        }),
      ),
    }),
    languages: z.array(z.object({ id: z.string(), firstLine: z.string().optional() })),
    terminal: z.object({ profiles: z.array(z.object({ id: z.string(), title: z.string() })) }),
    taskDefinitions: z.array(z.object({ type: z.string(), properties: z.record(z.string(), z.unknown()) })),
    snippets: z.array(z.object({ language: z.literal('jsonc'), path: z.string() })),
    walkthroughs: z.array(
      z.object({ id: z.string(), steps: z.array(z.object({ description: z.string(), media: z.object({ markdown: z.string() }) })) }),
    ),
  }),
});
const { icon, capabilities, contributes } = Manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const menus = Object.entries(contributes.menus).flatMap(([menu, entries]) => entries.map(entry => ({ menu, ...entry })));

const contextsOf = (nodes: readonly TreeNode[]): string[] =>
  nodes.flatMap(({ context, children }) => [...context.split(' '), ...contextsOf(children?.() ?? [])]);

const clauses = [
  ...menus.map(each => each.when),
  ...contributes.commands.map(each => each.enablement),
  ...contributes.viewsWelcome.map(each => each.when),
].filter(each => each !== undefined);

describe('the manifest', () => {
  test('contributes the commands that the extension registers', () => {
    assert.deepEqual(contributes.commands.map(each => each.command).sort(), [...commandIds].sort());
  });

  test('puts only its own commands into menus', () => {
    const submenus = contributes.submenus.map(each => each.id);
    for (const { menu, command, submenu } of menus) {
      assert.ok(
        command === undefined ? submenus.includes(submenu ?? '') : commandIds.some(id => id === command),
        `${menu}: ${command ?? submenu}`,
      );
    }
    for (const id of submenus) assert.ok(id in contributes.menus, id);
  });

  test('has the views that the extension fills', () => {
    assert.deepEqual(
      contributes.views.burrow.map(each => each.id),
      viewIds,
    );
  });

  test('has the settings that the extension reads, with their defaults', () => {
    const properties = Object.entries(contributes.configuration.properties).map(([key, each]) => [key, each.default]);
    assert.deepEqual(
      Object.fromEntries(properties),
      Object.fromEntries(Object.entries(settings).map(([key, value]) => [`burrow.${key}`, value])),
    );
  });

  test('takes from a workspace that nobody trusts no setting that says what is started', () => {
    const started = Object.keys(settings).filter(key => key.startsWith('run.') || key === 'terminal.defaultTarget');
    const { restrictedConfigurations } = capabilities.untrustedWorkspaces;
    assert.deepEqual([...restrictedConfigurations].sort(), started.map(key => `burrow.${key}`).sort());
    // The others are the machine's, or change only what is shown.
    const ofMachine = Object.entries(contributes.configuration.properties).filter(([, each]) => each.scope === 'machine');
    const shown = Object.keys(settings).filter(key => key.startsWith('namespaces.'));
    assert.equal(ofMachine.length + shown.length + started.length, Object.keys(settings).length);
  });

  test('asks only for context keys that the extension sets', () => {
    const asked = clauses.flatMap(clause => clause.match(/(?<!config\.)\bburrow\.(?:helper|terminal)\.\w+/g) ?? []);
    for (const key of asked)
      assert.ok(
        contextKeys.some(each => each === key),
        key,
      );
    assert.deepEqual([...new Set(asked)].sort(), [...contextKeys].sort());
  });

  test('has the terminal profiles and the kind of tasks that the extension provides', () => {
    assert.deepEqual(contributes.terminal.profiles.map(each => each.id).sort(), [...profileIds].sort());
    const [task, ...others] = contributes.taskDefinitions;
    assert.deepEqual([task?.type, others], [taskType, []]);
    assert.deepEqual(['type', ...Object.keys(task?.properties ?? {})].sort(), [...taskKeys].sort());
  });

  test('asks only for settings that there are', () => {
    const asked = clauses.flatMap(clause => [...clause.matchAll(/\bconfig\.([\w.]+)/g)].map(([, key = '']) => key));
    assert.ok(asked.length > 0);
    for (const key of asked) assert.ok(key in contributes.configuration.properties, key);
  });

  test('offers the groupings that the view knows, by the names that the command gives them', () => {
    const setting = contributes.configuration.properties['burrow.namespaces.groupBy'];
    assert.deepEqual(setting?.enum, [...groupings]);
    assert.deepEqual(
      setting?.enumItemLabels,
      groupings.map(each => groupingWords[each].label),
    );
  });

  test('shows of hiding and showing the one that can be done', () => {
    for (const what of ['KernelThreads', 'Host']) {
      const setting = `config.burrow.namespaces.hide${what}`;
      for (const menu of ['view/title', 'commandPalette']) {
        const [hide, show] = ['hide', 'show'].map(verb =>
          menus.find(each => each.menu === menu && each.command === `burrow.namespaces.${verb}${what}`),
        );
        assert.match(hide?.when ?? '', new RegExp(`(^| )!${setting.replaceAll('.', '\\.')}$`));
        assert.match(show?.when ?? '', new RegExp(`(^| )${setting.replaceAll('.', '\\.')}$`));
      }
    }
  });

  test('asks only for words that tree items carry', () => {
    const run = { sandbox: 's1', program: 'a.out', began: 0 };
    const trees = [
      ...groupings.map(grouping => namespaceTree(unusual, by(grouping))),
      containerTree(machine),
      sandboxTree(machine),
      sandboxTree(machine, { runOf: () => run, usageOf: () => ({}) }),
    ];
    const carried = trees.flatMap(contextsOf);
    const patterns = clauses.flatMap(clause => [...clause.matchAll(/viewItem =~ \/(.*?)\//g)].map(([, pattern = '']) => pattern));
    const words = patterns.flatMap(pattern => pattern.replaceAll('\\b', '').match(/[a-z]+/g) ?? []);
    assert.ok(words.length > 0);
    for (const word of words) assert.ok(carried.includes(word), word);
  });

  test('links only to its own commands, and to the walkthrough', () => {
    const texts = [
      ...contributes.viewsWelcome.map(each => each.contents),
      ...contributes.walkthroughs.flatMap(each => each.steps.map(step => step.description)),
    ];
    const linked = texts.flatMap(text => [...text.matchAll(/\(command:([\w.]+)/g)].map(([, id]) => id));
    for (const id of linked) assert.ok(commandIds.some(each => each === id) || id === 'workbench.action.openWalkthrough', id);
  });

  test('welcomes in every view, whatever the helper does', () => {
    for (const view of viewIds)
      for (const state of ['stopped', 'starting', 'died'])
        assert.ok(
          contributes.viewsWelcome.some(each => each.view === view && each.when === `burrow.helper.state == '${state}'`),
          `${view} ${state}`,
        );
  });

  test('knows details documents by their first line', () => {
    const pattern = new RegExp(contributes.languages.find(each => each.id === 'yaml')?.firstLine ?? 'none');
    for (const line of ['# net:[20] of x', '# process 80 x', '# gone: this process has ended']) assert.match(line, pattern);
    assert.doesNotMatch('# a heading', pattern);
  });

  test('offers to run the files of every language that there is an interpreter for', () => {
    const [entry] = menus.filter(each => each.menu === 'editor/title/run');
    const [, languages = ''] = /resourceLangId =~ \/\^\((.*)\)\$\//.exec(entry?.when ?? '') ?? [];
    assert.deepEqual(languages.split('|'), interpretedLanguages);
  });

  test('names only files that are there', () => {
    const files = [
      icon,
      ...contributes.viewsContainers.activitybar.map(each => each.icon),
      ...contributes.views.burrow.map(each => each.icon),
      ...contributes.walkthroughs.flatMap(each => each.steps.map(step => step.media.markdown)),
      ...contributes.snippets.map(each => each.path),
    ];
    for (const file of files) assert.ok(existsSync(join(root, file)), file);
  });
});

test('no feature of the extension imports another one', () => {
  const features = ['namespaces', 'containers', 'sandboxes', 'terminal', 'documents', 'run-file', 'tasks'];
  // A run is a program in a terminal, and a task is either: nothing stands on those two.
  const below: Readonly<Record<string, readonly string[]>> = { 'run-file': ['terminal'], tasks: ['terminal', 'run-file'] };
  for (const feature of features) {
    for (const file of readdirSync(join(root, 'extension', feature))) {
      const source = readFileSync(join(root, 'extension', feature, file), 'utf8');
      for (const other of features.filter(each => each !== feature && !below[feature]?.includes(each)))
        assert.ok(!source.includes(`'../${other}/`), `${feature}/${file} imports ${other}`);
    }
  }
});
