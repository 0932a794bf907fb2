// SPDX-License-Identifier: Apache-2.0
import { words } from '../state/language.ts';
import { go, hrefTo } from '../state/route.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/states.tsx';
import { useHead } from './shell/head.ts';

/** An address that nobody knows. */
export function NoPage() {
  const w = words.value;
  useHead([{ label: w.noPage }]);
  return (
    <div class="page">
      <div class="page-head"><h1 class="page-title">{w.noPage}</h1></div>
      <section class="panel" aria-label={w.noPage}><Empty text={w.noPageAt(location.hash)}><Button label={w.overview} onClick={() => go(hrefTo('overview'))} /></Empty></section>
    </div>
  );
}
