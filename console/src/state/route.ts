// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from '@preact/signals';
import { parseRoute, printRoute, type Route } from '../lib/route.ts';
import { DEFAULT_SPAN, isSpan, type Span, SPANS } from '../lib/time.ts';

export const route = signal<Route>(parseRoute(location.hash));
addEventListener('hashchange', () => (route.value = parseRoute(location.hash)));

/** What the address says now. `route` follows it by an event, which may still be on its way. */
export const addressed = (): Route => parseRoute(location.hash);

/** What stands for the id of a thing that is to be made. */
export const NEW = 'new';

/** The one time range of the page. */
export const span = computed<Span>(() => (isSpan(route.value.query['range']) ? route.value.query['range'] : DEFAULT_SPAN));
export const spanMs = computed(() => SPANS[span.value] * 1000);

/** The address of another view; the time range comes along. */
export function hrefTo(view: string, id = '', query: Record<string, string> = {}): string {
  const range = route.value.query['range'];
  return printRoute({ view, id, query: { ...(range ? { range } : {}), ...query } });
}

/** The address of the same view with other choices; an empty one is dropped. */
export const hrefWith = (query: Record<string, string>): string => printRoute({ ...route.value, query: { ...route.value.query, ...query } });

/** Goes there. `replace` leaves no step for Back: for choices made while typing. */
export function go(href: string, replace = false): void {
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  route.value = parseRoute(location.hash);
}
