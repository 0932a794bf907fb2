// SPDX-License-Identifier: Apache-2.0
// Every look at the console is an address: #/twin/filler?p=power&range=1h. Refresh changes nothing,
// Back undoes the last look, a copied link shows the same. Routes stand behind '#', because the
// server's own paths (/models, /query) are taken by its API.

export interface Route {
  view: string;
  /** What the view looks at, such as a twin's id; '' when it needs none. */
  id: string;
  query: Readonly<Record<string, string>>;
}

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s, 2);
  const slash = path.indexOf('/');
  const view = slash < 0 ? path : path.slice(0, slash);
  const query: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(search)) query[key] = value;
  return { view: view || 'overview', id: slash < 0 ? '' : decode(path.slice(slash + 1)), query };
}

export function printRoute({ view, id, query }: Route): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  search.sort();
  const text = search.toString();
  return `#/${view === 'overview' && !id ? '' : view}${id ? '/' + encodeURIComponent(id) : ''}${text ? '?' + text : ''}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
