// SPDX-License-Identifier: Apache-2.0
// A binding as a page draws it: what is in a payload, which field takes it, and a first proposal.
// What it makes of a message is the server's to say.
import type { Field } from './dtdl.ts';
import { isRecord } from './result.ts';
import { parseJson, Written } from './written.ts';

export type Document = Record<string, unknown>;

export interface Leaf {
  /** Where it stands: /d/vib_um. */
  pointer: string;
  value: string | number | boolean | Written | null;
}

const LEAVES_MAX = 200;
/** The server reads no deeper, so nothing below can be mapped; nor does a page draw what is there. */
export const DEPTH_MAX = 32;
const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Every plain value of a payload with its place, in the order of the text. */
export function leavesOf(value: unknown, pointer = '', out: Leaf[] = [], depth = 0): Leaf[] {
  if (out.length >= LEAVES_MAX || depth > DEPTH_MAX) return out;
  if (Array.isArray(value)) value.forEach((item, i) => leavesOf(item, `${pointer}/${i}`, out, depth + 1));
  else if (isRecord(value)) for (const [key, item] of Object.entries(value)) leavesOf(item, `${pointer}/${escaped(key)}`, out, depth + 1);
  else if (value === null || value instanceof Written || ['string', 'number', 'boolean'].includes(typeof value)) out.push({ pointer, value: value as Leaf['value'] });
  return out;
}

/** JSON of a payload; undefined when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

export const fieldsOf = (document: Document | undefined): Document[] => (Array.isArray(document?.['fields']) ? document['fields'].filter(isRecord) : []);
const word = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What rejects and misses call a field. */
export const nameOfField = (field: Document): string => word(field['name']) || word(field['from']);
export const placeOf = (field: Document): string => word(field['from']);
/** Whether a place names this value: as a pointer, or as the member's own name. */
export const isAt = (place: string, pointer: string): boolean => place === pointer || `/${escaped(place)}` === pointer;

/** What is done to the value on its way, in a few words. */
export function transformOf(field: Document): string[] {
  const out: string[] = [];
  if (word(field['formula'])) out.push(word(field['formula']));
  if (typeof field['scale'] === 'number') out.push(`× ${field['scale']}`);
  if (typeof field['offset'] === 'number') out.push(`+ ${field['offset']}`);
  if (isRecord(field['values'])) out.push(Object.entries(field['values']).map(([from, to]) => `${from}→${String(to)}`).join(' '));
  return out;
}

/** The subscription that hears what a source hears: {line} is +. */
export const filterOf = (pattern: string): string => pattern.split('/').map((level) => (/^\{[^}]*\}$/.test(level) ? '+' : level)).join('/');

const TIMES = ['ts', 't', 'time', 'timestamp', 'datetime', 'date'];
const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const tail = (pointer: string) => pointer.slice(pointer.lastIndexOf('/') + 1).replaceAll('~1', '/').replaceAll('~0', '~');

/** A first binding for a message: every value whose name the model has goes there, a time becomes the source time. */
export function propose(topic: string, payload: unknown, twin: string, fields: Iterable<Field>): Document {
  const leaves = leavesOf(payload);
  const targets = new Map([...fields].filter((f) => f.kind === 'Property' || f.kind === 'Telemetry').map((f) => [plain(f.name), f.name]));
  const time = leaves.find(({ pointer, value }) => TIMES.includes(plain(tail(pointer))) && (typeof value === 'number' || (typeof value === 'string' && !Number.isNaN(Date.parse(value)))));
  const taken = new Set<string>();
  const found = leaves.flatMap(({ pointer }) => {
    const to = targets.get(plain(tail(pointer))) ?? targets.get(plain(pointer));
    if (!to || taken.has(to) || pointer === time?.pointer) return [];
    taken.add(to);
    return [{ from: pointer, to }];
  });
  return { source: { mqtt: topic }, twin, ...(time ? { time: { from: time.pointer } } : {}), fields: found };
}

/** The document with one field changed, added (index = count) or, with undefined, taken out; empty members are dropped. */
export function withField(document: Document, index: number, field: Document | undefined): Document {
  const fields = [...fieldsOf(document)];
  const kept = field && Object.fromEntries(Object.entries(field).filter(([, value]) => value !== '' && value !== undefined));
  fields.splice(index, 1, ...(kept ? [kept] : []));
  return { ...document, fields };
}

/** The value that a field's `values` does not know: the server's sentence has it in quotes. */
export const unknownValue = (reason: string): string | undefined => /'values' does not know '(.*)'$/.exec(reason)?.[1];
