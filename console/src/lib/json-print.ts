// SPDX-License-Identifier: Apache-2.0
import { Written } from './written.ts';

const WIDTH = 88;

/** JSON as people write it: what fits on a line stays on one, but the outermost never does. */
export function printJson(value: unknown, indent = ''): string {
  const flat = oneLine(value);
  if (value instanceof Written) return flat;
  if (indent !== '' && indent.length + flat.length <= WIDTH && !hasDeep(value)) return flat;
  const deeper = indent + '  ';
  if (Array.isArray(value) && value.length > 0) return `[\n${value.map((item) => deeper + printJson(item, deeper)).join(',\n')}\n${indent}]`;
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    return `{\n${Object.entries(value).map(([key, item]) => `${deeper}${JSON.stringify(key)}: ${printJson(item, deeper)}`).join(',\n')}\n${indent}}`;
  }
  return flat;
}

/** Objects in arrays, and objects in objects, get lines of their own. */
function hasDeep(value: unknown): boolean {
  const items = isDeep(value) ? Object.values(value) : [];
  return items.some((item) => isDeep(item) && (!Array.isArray(item) || item.some(isDeep)));
}

const isDeep = (value: unknown): value is object => typeof value === 'object' && value !== null && !(value instanceof Written);

function oneLine(value: unknown): string {
  if (value instanceof Written) return value.text;
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const pairs = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
  return pairs.length > 0 ? `{ ${pairs.join(', ')} }` : '{}';
}
