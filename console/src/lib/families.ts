// SPDX-License-Identifier: Apache-2.0
// How models belong together: who extends whom, who is part of whom, who may be pointed at.
import { isRecord } from './result.ts';

export interface Part {
  name: string;
  model: string;
}
export interface Family {
  bases: string[];
  heirs: string[];
  parts: Part[];
  /** Models that have this one as a component, or whose relationship points at it, and its name there. */
  partOf: Part[];
  targetOf: Part[];
}
export type Families = ReadonlyMap<string, Family>;

export const list = (value: unknown) => (Array.isArray(value) ? value : []).filter(isRecord);
export const strings = (value: unknown) => (Array.isArray(value) ? value : [value]).filter((v): v is string => typeof v === 'string');

export function families(documents: ReadonlyMap<string, unknown>): Families {
  const out = new Map<string, Family>();
  for (const id of documents.keys()) out.set(id, { bases: [], heirs: [], parts: [], partOf: [], targetOf: [] });
  for (const [id, document] of documents) {
    if (!isRecord(document)) continue;
    const family = out.get(id)!;
    for (const base of strings(document['extends'])) {
      family.bases.push(base);
      out.get(base)?.heirs.push(id);
    }
    for (const item of list(document['contents'])) {
      const types = strings(item['@type']);
      const name = String(item['name'] ?? '');
      if (types.includes('Component') && typeof item['schema'] === 'string') {
        family.parts.push({ name, model: item['schema'] });
        out.get(item['schema'])?.partOf.push({ name, model: id });
      }
      if (types.includes('Relationship') && typeof item['target'] === 'string') out.get(item['target'])?.targetOf.push({ name, model: id });
    }
  }
  return out;
}

/** All that the walk along `step` reaches, itself first, each once. */
function reach(id: string, step: (id: string) => readonly string[]): string[] {
  const out = new Set([id]);
  for (const one of out) for (const next of step(one)) out.add(next); // a set walks what it is given on the way
  return [...out];
}
export const withHeirs = (id: string, all: Families): string[] => reach(id, (one) => all.get(one)?.heirs ?? []);
export const withBases = (id: string, all: Families): string[] => reach(id, (one) => all.get(one)?.bases ?? []);

export interface TreeRow {
  /** The way from the root, because a model with two bases stands twice. */
  key: string;
  id: string;
  depth: number;
  /** The component's name; a model that inherits has none. */
  part?: string;
  /** Undefined: nothing is below it. */
  open: boolean | undefined;
}

/** As people sort names: 2 before 10, and no difference between a and A. */
export const inOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare;

/** The rows that show while those models are open, in the order of their names. */
export function treeRows(all: Families, isOpen: (id: string) => boolean, nameOf: (id: string) => string): TreeRow[] {
  const out: TreeRow[] = [];
  const byName = (a: string, b: string) => inOrder(nameOf(a), nameOf(b)) || (a < b ? -1 : 1);
  const add = (id: string, depth: number, above: string) => {
    const { heirs, parts } = all.get(id)!;
    const key = `${above}/${id}`;
    const some = heirs.length + parts.length > 0;
    out.push({ key, id, depth, open: some ? isOpen(id) : undefined });
    if (!some || !isOpen(id) || depth > 24) return;
    for (const { name, model } of parts) out.push({ key: `${key}.${name}`, id: model, depth: depth + 1, part: name, open: undefined });
    for (const heir of [...heirs].sort(byName)) add(heir, depth + 1, key);
  };
  const roots = [...all.keys()].filter((id) => !all.get(id)!.bases.some((base) => all.has(base)));
  for (const root of roots.sort(byName)) add(root, 0, '');
  return out;
}

/** dtmi:x:Drive;3 is Drive, its version 3, and what it is a version of. */
export const shortName = (id: string): string => id.replace(/^.*:/, '').replace(/;.*$/, '');
export const versionOf = (id: string): string => /;(.+)$/.exec(id)?.[1] ?? '';
export const stemOf = (id: string): string => id.replace(/;.*$/, '');

/** The identifier of the next version that is still free. */
export function nextVersion(id: string, taken: (id: string) => boolean): string {
  let major = Number.parseInt(versionOf(id), 10) || 0;
  do major++;
  while (taken(`${stemOf(id)};${major}`));
  return `${stemOf(id)};${major}`;
}
