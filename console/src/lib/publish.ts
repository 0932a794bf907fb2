// SPDX-License-Identifier: Apache-2.0
// A first message of a device, as a command line to paste.
import type { Field } from './dtdl.ts';

/** An id as one level of a topic: what means something there is written %XX. */
export const level = (id: string): string =>
  id.replace(/[%/+#$\u0000-\u001f\u007f]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'));

/** One word of a shell, whatever is in it. */
export const shellWord = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const NUMBERS = new Set(['double', 'float', 'decimal']);
const INTEGERS = new Set(['integer', 'long', 'short', 'byte', 'unsignedInteger', 'unsignedLong', 'unsignedShort', 'unsignedByte']);

/** A payload that the model takes: its first telemetry, else its first property, that is a plain value. */
export function samplePayload(fields: Iterable<Field>): Record<string, unknown> {
  const plain = [...fields].filter((f) => !f.name.includes('.') && (f.kind === 'Telemetry' || f.kind === 'Property') && sampleOf(f) !== undefined);
  const first = plain.find((f) => f.kind === 'Telemetry') ?? plain.find((f) => sampleOf(f) === 21.5) ?? plain[0];
  return first ? { [first.name]: sampleOf(first) } : {};
}

function sampleOf(field: Field): unknown {
  if (field.words.length > 0) return field.words[0]!.value;
  if (NUMBERS.has(field.schema)) return 21.5;
  if (INTEGERS.has(field.schema)) return 21;
  if (field.schema === 'boolean') return true;
  return field.schema === 'string' ? 'text' : undefined;
}

interface Publish {
  host: string;
  port: number;
  device: string;
  key: string;
  twin: string;
  payload: unknown;
}

export const publishLine = ({ host, port, device, key, twin, payload }: Publish): string =>
  ['mosquitto_pub -V 5 -h', shellWord(host), '-p', port, '-u', shellWord(device), '-P', shellWord(key), '-q 1 -t', shellWord(`twins/${level(twin)}/telemetry`), '-m', shellWord(JSON.stringify(payload))].join(' ');
