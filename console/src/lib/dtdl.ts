// SPDX-License-Identifier: Apache-2.0
// Reads what the console shows of a DTDL interface: names in every language, units, the words of an
// enumeration, what may be written and what may be called. Checking is the server's work.
import { localized } from './contents.ts';
import { list, strings } from './families.ts';
import type { Localized } from './language.ts';
import { isRecord } from './result.ts';
import { type Shape, shapeOf } from './shape.ts';

export interface Word {
  value: string;
  label: Localized;
}
export interface Field {
  name: string;
  kind: 'Property' | 'Telemetry' | 'Command' | 'Relationship' | 'Component';
  label: Localized;
  description: Localized;
  unit: string | undefined;
  writable: boolean;
  words: Word[];
  /** A command that asks for a payload needs a form; one without is a button. */
  request: boolean;
  /** A command whose model has conditions for it. */
  guarded?: boolean;
  schema: string;
  /** How a form asks for the value, or for the payload of a command. */
  shape?: Shape;
}
export interface Interface {
  id: string;
  label: Localized;
  description: Localized;
  fields: ReadonlyMap<string, Field>;
}

const KINDS = ['Property', 'Telemetry', 'Command', 'Relationship', 'Component'] as const;

/** The interface with all that it inherits and its components' fields as `component.field`. */
export function describe(id: string, documents: ReadonlyMap<string, unknown>): Interface | undefined {
  const top = documents.get(id);
  if (!isRecord(top)) return undefined;
  const fields = new Map<string, Field>();
  collect(id, '', documents, fields, new Set());
  return { id, label: localized(top['displayName']), description: localized(top['description']), fields };
}

/** Ids of the interfaces that `document` names: its bases and its components. */
export function references(document: unknown): string[] {
  if (!isRecord(document)) return [];
  const out = strings(document['extends']);
  for (const item of list(document['contents'])) {
    if (kindOf(item) === 'Component' && typeof item['schema'] === 'string') out.push(item['schema']);
  }
  return out;
}

function collect(id: string, prefix: string, documents: ReadonlyMap<string, unknown>, out: Map<string, Field>, seen: Set<string>): void {
  const document = documents.get(id);
  const key = `${prefix} ${id}`;
  if (!isRecord(document) || seen.has(key)) return;
  seen.add(key);
  for (const base of strings(document['extends'])) collect(base, prefix, documents, out, seen);
  const schemas = list(document['schemas']);
  for (const item of list(document['contents'])) {
    const field = fieldOf(item, prefix, schemas);
    if (!field) continue;
    out.set(field.name, field);
    if (field.kind === 'Component' && seen.size < 64) collect(field.schema, `${field.name}.`, documents, out, seen);
  }
}

function fieldOf(item: Record<string, unknown>, prefix: string, schemas: Record<string, unknown>[]): Field | undefined {
  const kind = kindOf(item);
  const name = item['name'];
  if (!kind || typeof name !== 'string') return undefined;
  const schema = typeof item['schema'] === 'string' ? (schemas.find((s) => s['@id'] === item['schema']) ?? item['schema']) : item['schema'];
  return {
    name: prefix + name,
    kind,
    label: localized(item['displayName']),
    description: localized(item['description']),
    unit: typeof item['unit'] === 'string' ? item['unit'].replace(/^dtmi:.*:unit:/, '').replace(/;\d+$/, '') : undefined,
    writable: item['writable'] === true,
    words: wordsOf(schema),
    request: item['request'] !== undefined,
    schema: typeof schema === 'string' ? schema : isRecord(schema) ? String(schema['@type'] ?? '') : '',
    ...(strings(item['@type']).includes('Guarded') ? { guarded: true } : {}),
    ...shapeIn(kind, item, schemas),
  };
}

function shapeIn(kind: Field['kind'], item: Record<string, unknown>, schemas: Record<string, unknown>[]): { shape?: Shape } {
  if (kind === 'Property') return { shape: shapeOf(item['schema'], schemas) };
  return kind === 'Command' && isRecord(item['request']) ? { shape: shapeOf(item['request']['schema'], schemas) } : {};
}

function wordsOf(schema: unknown): Word[] {
  if (!isRecord(schema)) return [];
  return list(schema['enumValues']).map((word) => ({
    value: String(word['enumValue'] ?? word['name'] ?? ''),
    label: localized(word['displayName']) ?? (typeof word['name'] === 'string' ? word['name'] : undefined),
  }));
}

function kindOf(item: Record<string, unknown>): Field['kind'] | undefined {
  return KINDS.find((kind) => strings(item['@type']).includes(kind));
}
