// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

export interface Crumb {
  label: string;
  href?: string;
}

/** Set by the view that is shown; the last one is where we are. */
export const crumbs = signal<readonly Crumb[]>([]);

/** Where we are, in the header and in the title of the window. */
export function useHead(path: Crumb[]): void {
  const key = JSON.stringify(path);
  useEffect(() => {
    crumbs.value = path;
    document.title = `${path[path.length - 1]?.label ?? ''} · Pollux`;
  }, [key]);
}
