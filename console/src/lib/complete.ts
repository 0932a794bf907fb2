// SPDX-License-Identifier: Apache-2.0
// What may stand at a place of a query: keywords and functions, names that the query gave, models
// inside quotes, and behind a name and a dot what its model has.
import { contentsOf } from './contents.ts';
import { families, list, withHeirs } from './families.ts';

export interface Choice {
  text: string;
  kind: 'keyword' | 'function' | 'name' | 'model' | 'property';
  /** At the right: Property, double. */
  detail: string;
}
export interface Completion {
  /** Where the word begins that a choice replaces. */
  from: number;
  choices: Choice[];
}

export const KEYWORDS = [
  'SELECT', 'TOP', 'FROM', 'DIGITALTWINS', 'RELATIONSHIPS', 'JOIN', 'RELATED', 'MATCH', 'WHERE', 'AND', 'OR', 'NOT', 'IN', 'NIN', 'AS',
  'ORDER BY', 'GROUP BY', 'ASC', 'DESC', 'OFFSET', 'LIMIT', 'EXPLAIN', 'true', 'false', 'null',
];
export const FUNCTIONS: Readonly<Record<string, string>> = {
  'COUNT': '()', 'SUM': '(path)', 'AVG': '(path)', 'MIN': '(path)', 'MAX': '(path)', 'IS_OF_MODEL': "(twin, 'dtmi', exact)",
  'IS_DEFINED': '(path)', 'IS_NULL': '(path)', 'IS_BOOL': '(path)', 'IS_NUMBER': '(path)', 'IS_STRING': '(path)', 'IS_OBJECT': '(path)',
  'IS_PRIMITIVE': '(path)', 'STARTSWITH': "(path, 'text')", 'ENDSWITH': "(path, 'text')", 'CONTAINS': "(path, 'text')",
  'ARRAY_CONTAINS': '(path, value)', 'DISTANCE': '(path, point)',
};
const SYSTEM = ['$dtId', '$etag', '$metadata', '$relationshipId', '$relationshipName', '$sourceId', '$targetId'];

export function complete(text: string, at: number, documents: ReadonlyMap<string, unknown>): Completion | undefined {
  const before = text.slice(0, at);
  const quoted = /'([^'\n]*)$/.exec(before);
  if (quoted && (before.match(/'/g)?.length ?? 0) % 2 === 1) {
    return { from: at - quoted[1]!.length, choices: [...documents.keys()].map((id) => ({ text: id, kind: 'model', detail: '' })) };
  }
  const path = /([A-Za-z_]\w*)\.([\w$]*)$/.exec(before);
  if (path) return { from: at - path[2]!.length, choices: membersOf(path[1]!, text, documents) };
  const word = /[A-Za-z_$][\w$]*$/.exec(before)?.[0] ?? '';
  const choices: Choice[] = [
    ...namesIn(text).map((name): Choice => ({ text: name, kind: 'name', detail: '' })),
    ...KEYWORDS.map((keyword): Choice => ({ text: keyword, kind: 'keyword', detail: '' })),
    ...Object.entries(FUNCTIONS).map(([name, detail]): Choice => ({ text: name, kind: 'function', detail })),
  ];
  return { from: at - word.length, choices };
}

/** The names that FROM, JOIN and MATCH give to twins and relationships. */
export function namesIn(text: string): string[] {
  const out = new Set<string>();
  const keyword = new Set(KEYWORDS.flatMap((k) => k.split(' ')));
  for (const [, name] of text.matchAll(/\b(?:DIGITALTWINS|RELATIONSHIPS|JOIN|RELATED\s+[\w$.]+)\s+([A-Za-z_]\w*)/gi)) out.add(name!);
  for (const [, name] of text.matchAll(/[([]\s*([A-Za-z_]\w*)\s*(?:\)\s*[-<]|[:\]])/g)) out.add(name!);
  return [...out].filter((name) => !keyword.has(name.toUpperCase()));
}

type Documents = ReadonlyMap<string, unknown>;
/** Per set of models and model asked for ('' for any): it is the same while one types. */
const known = new WeakMap<Documents, Map<string, Choice[]>>();

/** What the model has that the query says the name is of; without one, what any model has. */
function membersOf(name: string, text: string, documents: Documents): Choice[] {
  const said = new RegExp(`IS_OF_MODEL\\s*\\(\\s*${name}\\s*,\\s*'([^']+)'`, 'i').exec(text)?.[1];
  const model = said && documents.has(said) ? said : '';
  if (!known.has(documents)) known.set(documents, new Map());
  const kept = known.get(documents)!;
  if (!kept.has(model)) kept.set(model, collect(model, documents));
  return kept.get(model)!;
}

function collect(model: string, documents: Documents): Choice[] {
  const all = families(documents);
  const has = (id: string) => list((documents.get(id) as Record<string, unknown> | undefined)?.['contents']).length > 0;
  const ids = model ? withHeirs(model, all) : [...documents.keys()].filter(has);
  const found = new Map<string, Choice>();
  for (const id of ids) {
    for (const content of contentsOf(id, documents, all)) {
      if (content.kind === 'Command' || found.has(content.name)) continue;
      found.set(content.name, { text: content.name, kind: 'property', detail: [content.kind, content.schema].filter(Boolean).join(', ') });
    }
  }
  const system = SYSTEM.map((text): Choice => ({ text, kind: 'property', detail: '' }));
  return [...[...found.values()].sort((a, b) => (a.text < b.text ? -1 : 1)), ...system];
}
