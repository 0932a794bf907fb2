// SPDX-License-Identifier: Apache-2.0
// What a DTDL schema asks for, as a form asks for it, and what was written there as a value. Whether
// the value is right is the server's to say; here only what cannot be JSON of that type is told.
import { localized } from './contents.ts';
import { list, strings } from './families.ts';
import type { Localized } from './language.ts';
import { isRecord } from './result.ts';
import { instant } from './time.ts';
import { isExact, jsonText, numberOf, Written } from './written.ts';

export interface Choice {
  value: string | number;
  label: Localized;
}
export interface Part {
  name: string;
  label: Localized;
  shape: Shape;
}
export type Shape =
  | { kind: 'boolean' | 'integer' | 'number' | 'string' | 'json' }
  | { kind: 'date' | 'datetime-local' | 'time' }
  | { kind: 'enum'; choices: readonly Choice[] }
  | { kind: 'object'; parts: readonly Part[] };
/** What stands in the form: text, and for an object a text for each part. */
export type Draft = string | { [name: string]: Draft };

const DEPTH_MAX = 5;
const KINDS: Readonly<Record<string, Shape['kind']>> = {
  boolean: 'boolean', string: 'string', duration: 'string', uuid: 'string', bytes: 'string', double: 'number', float: 'number', decimal: 'number', integer: 'integer', long: 'integer',
  short: 'integer', byte: 'integer', unsignedInteger: 'integer', unsignedLong: 'integer', unsignedShort: 'integer', unsignedByte: 'integer', date: 'date', dateTime: 'datetime-local', time: 'time',
};

/** `schemas`: the model's own, which may be named. */
export function shapeOf(schema: unknown, schemas: readonly Record<string, unknown>[] = [], depth = 0): Shape {
  if (depth > DEPTH_MAX) return { kind: 'json' };
  if (typeof schema === 'string') {
    const named = schemas.find((s) => s['@id'] === schema);
    if (named) return shapeOf(named, schemas, depth + 1);
    return { kind: KINDS[schema.replace(/^dtmi:dtdl:instance:Schema:/, '').replace(/;\d+$/, '')] ?? 'json' } as Shape;
  }
  if (!isRecord(schema)) return { kind: 'json' };
  const types = strings(schema['@type']);
  if (types.includes('Enum')) {
    return { kind: 'enum', choices: list(schema['enumValues']).map((v) => ({ value: enumValue(v), label: localized(v['displayName']) ?? String(v['name'] ?? '') })) };
  }
  if (!types.includes('Object')) return { kind: 'json' };
  return {
    kind: 'object',
    parts: list(schema['fields']).map((f) => ({ name: String(f['name'] ?? ''), label: localized(f['displayName']), shape: shapeOf(f['schema'], schemas, depth + 1) })),
  };
}

const enumValue = (v: Record<string, unknown>): string | number =>
  typeof v['enumValue'] === 'number' || typeof v['enumValue'] === 'string' ? v['enumValue'] : String(v['name'] ?? '');

/** The form as it begins: what is known already, else the first choice of each. A number that was rounded while it was
 *  read is not known: sent as it stands it would be another. */
export function draftOf(shape: Shape, value?: unknown): Draft {
  if (shape.kind === 'object') return Object.fromEntries(shape.parts.map((part) => [part.name, draftOf(part.shape, isRecord(value) ? value[part.name] : undefined)]));
  if (value === undefined || value === null || (shape.kind !== 'number' && !isExact(value))) return shape.kind === 'boolean' ? 'false' : shape.kind === 'enum' ? String(shape.choices[0]?.value ?? '') : '';
  if (shape.kind === 'json') return jsonText(value);
  if (shape.kind === 'datetime-local' && typeof value === 'string') return utcOf(value);
  return typeof value === 'object' ? jsonText(value) : String(value);
}

/** What a control for date and time takes, which knows no zone: the instant in UTC, to the millisecond. */
function utcOf(value: string): string {
  const ms = instant(value);
  return ms === undefined ? '' : new Date(ms).toISOString().replace(/(\.000)?Z$/, '');
}

export type Read = { ok: true; value: unknown } | { ok: false; path: string; text: string };

/** The value that was written; a part of an object that was left empty is left out. */
export function readDraft(shape: Shape, draft: Draft, path = ''): Read {
  if (shape.kind === 'object') {
    const out: Record<string, unknown> = {};
    for (const part of shape.parts) {
      const own = typeof draft === 'object' ? (draft[part.name] ?? '') : '';
      if (own === '' && part.shape.kind !== 'string') continue;
      const read = readDraft(part.shape, own, path ? `${path}.${part.name}` : part.name);
      if (!read.ok) return read;
      out[part.name] = read.value;
    }
    return { ok: true, value: out };
  }
  const text = typeof draft === 'string' ? draft : '';
  const wrong: Read = { ok: false, path, text };
  switch (shape.kind) {
    case 'boolean':
      return { ok: true, value: text === 'true' };
    case 'integer':
      return /^[+-]?\d+$/.test(text.trim()) ? { ok: true, value: numberOf(text) } : wrong;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? { ok: true, value: numberOf(text) } : wrong;
    case 'enum': {
      const choice = shape.choices.find((one) => String(one.value) === text);
      return choice ? { ok: true, value: choice.value } : wrong;
    }
    case 'datetime-local':
      return text === '' ? wrong : { ok: true, value: /:\d\d:\d\d/.test(text) ? `${text}Z` : `${text}:00Z` };
    case 'time':
      return text === '' ? wrong : { ok: true, value: /:\d\d:\d\d/.test(text) ? text : `${text}:00` };
    case 'json':
      return json(text, wrong);
    default:
      return { ok: true, value: text };
  }
}

function json(text: string, wrong: Read): Read {
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value: isExact(value) ? value : new Written(text) };
  } catch {
    return wrong;
  }
}

/** motor.rpm as a merge patch: {"motor":{"rpm":…}}. */
export function patchOf(name: string, value: unknown): Record<string, unknown> {
  const dot = name.indexOf('.');
  return dot < 0 ? { [name]: value } : { [name.slice(0, dot)]: patchOf(name.slice(dot + 1), value) };
}
