// SPDX-License-Identifier: Apache-2.0
// What a model has, its own first, then what it inherits and from whom.
import { type Families, list, shortName, strings, withBases } from './families.ts';
import { type Localized } from './language.ts';
import { isRecord } from './result.ts';

export const KINDS = ['Property', 'Telemetry', 'Relationship', 'Component', 'Command'] as const;
export type Kind = (typeof KINDS)[number];

export interface Content {
  kind: Kind;
  name: string;
  label: Localized;
  description: Localized;
  /** As people would say it: double, enum (running, stopped), array of double. */
  schema: string;
  /** The model that the schema or the relationship points at. */
  model: string | undefined;
  unit: string | undefined;
  writable: boolean;
  /** The base that it comes from; undefined for its own. */
  from: string | undefined;
}

export function contentsOf(id: string, documents: ReadonlyMap<string, unknown>, all: Families): Content[] {
  const seen = new Set<string>();
  const out: Content[] = [];
  for (const one of withBases(id, all)) {
    const document = documents.get(one);
    if (!isRecord(document)) continue;
    const schemas = list(document['schemas']);
    for (const item of list(document['contents'])) {
      const kind = KINDS.find((k) => strings(item['@type']).includes(k));
      const name = item['name'];
      if (!kind || typeof name !== 'string' || seen.has(name)) continue;
      seen.add(name);
      out.push(contentOf(item, kind, name, schemas, one === id ? undefined : one));
    }
  }
  return out;
}

function contentOf(item: Record<string, unknown>, kind: Kind, name: string, schemas: Record<string, unknown>[], from: string | undefined): Content {
  const model = kind === 'Relationship' ? item['target'] : kind === 'Component' ? item['schema'] : undefined;
  return {
    kind, name, from,
    label: localized(item['displayName']),
    description: localized(item['description']),
    schema: kind === 'Relationship' || kind === 'Component' || kind === 'Command' ? '' : schemaText(item['schema'], schemas),
    model: typeof model === 'string' ? model : undefined,
    unit: typeof item['unit'] === 'string' ? item['unit'].replace(/^dtmi:.*:unit:/, '').replace(/;\d+$/, '') : undefined,
    writable: item['writable'] === true,
  };
}

/** The schema in a few words; names of the model's own schemas are followed once. */
export function schemaText(schema: unknown, schemas: readonly Record<string, unknown>[] = [], depth = 0): string {
  if (typeof schema === 'string') {
    const named = schemas.find((s) => s['@id'] === schema);
    return named && depth < 3 ? schemaText(named, schemas, depth + 1) : shortName(schema);
  }
  if (!isRecord(schema) || depth > 3) return '';
  const inner = (value: unknown) => schemaText(value, schemas, depth + 1);
  const type = strings(schema['@type'])[0] ?? '';
  if (type === 'Enum') return `enum (${list(schema['enumValues']).map((v) => String(v['name'])).join(', ')})`;
  if (type === 'Array') return `array of ${inner(schema['elementSchema'])}`;
  if (type === 'Map') return `map of ${isRecord(schema['mapValue']) ? inner(schema['mapValue']['schema']) : ''}`;
  if (type === 'Object') return `object (${list(schema['fields']).map((f) => String(f['name'])).join(', ')})`;
  return shortName(type);
}

/** Every language that the model speaks anywhere, in the order of first use. */
export function languagesOf(value: unknown, out: string[] = []): string[] {
  if (Array.isArray(value)) for (const item of value) languagesOf(item, out);
  if (!isRecord(value)) return out;
  for (const [key, item] of Object.entries(value)) {
    if ((key === 'displayName' || key === 'description') && isRecord(item)) {
      for (const tag of Object.keys(item)) if (!out.includes(tag)) out.push(tag);
    } else if (typeof item === 'object') languagesOf(item, out);
  }
  return out;
}

export function localized(value: unknown): Localized {
  if (typeof value === 'string') return value;
  if (!isRecord(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string'));
}
