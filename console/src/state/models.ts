// SPDX-License-Identifier: Apache-2.0
// Interfaces as far as they were needed: fetched once, with their bases and components.
import { signal } from '@preact/signals';
import { readModel } from '../api/models.ts';
import { describe, type Field, type Interface, references } from '../lib/dtdl.ts';
import { type Localized, pick } from '../lib/language.ts';
import { language } from './language.ts';

const documents = new Map<string, unknown>();
const asked = new Set<string>();
const described = signal<ReadonlyMap<string, Interface>>(new Map());

/** What the model says; undefined until it has been read, or when it cannot be. */
export function interfaceOf(id: string | undefined): Interface | undefined {
  if (!id) return undefined;
  if (!asked.has(id)) void fetchModel(id);
  return described.value.get(id);
}

/** Models were uploaded or deleted: what was read of them may be old. */
export function forgetModels(): void {
  documents.clear();
  asked.clear();
}

async function fetchModel(id: string): Promise<void> {
  asked.add(id);
  const wanted = [id];
  for (let i = 0; i < wanted.length && i < 64; i++) {
    const one = wanted[i]!;
    if (!documents.has(one)) {
      const answer = await readModel(one);
      if (!answer.ok) {
        if (answer.error.status === 0 || answer.error.status >= 500) asked.delete(id);
        continue;
      }
      documents.set(one, answer.value);
    }
    for (const other of references(documents.get(one))) if (!wanted.includes(other)) wanted.push(other);
  }
  const found = describe(id, documents);
  if (found) described.value = new Map(described.value).set(id, found);
}

/** A model's name, else what its identifier says: dtmi:x:Filler;1 is Filler. */
export function modelName(id: string): string {
  const label = interfaceOf(id)?.label;
  return pick(label, language.value) ?? id.replace(/^.*:/, '').replace(/;.*$/, '');
}

export function fieldOf(model: string | undefined, name: string): Field | undefined {
  return interfaceOf(model)?.fields.get(name);
}

/** A field's name, else its identifier in words: bearingTemperature is Bearing temperature. */
export function fieldName(model: string | undefined, name: string): string {
  const label = pick(fieldOf(model, name)?.label, language.value);
  const tail = name.split('.').map((part) => part.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)).join(', ');
  return label ?? tail.charAt(0).toUpperCase() + tail.slice(1);
}

/** The model's own word for a value of an enumeration. */
export function wordFor(field: Field | undefined, value: unknown): string {
  const label: Localized = field?.words.find((word) => word.value === String(value))?.label;
  return pick(label, language.value) ?? String(value);
}
