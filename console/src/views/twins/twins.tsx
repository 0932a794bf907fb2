// SPDX-License-Identifier: Apache-2.0
import { listTwins, type TwinRow } from '../../api/twins.ts';
import { oldState } from '../../state/freshness.ts';
import { words } from '../../state/language.ts';
import { modelName } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import { useResource } from '../../state/resource.ts';
import { go, hrefWith, route } from '../../state/route.ts';
import { Button } from '../../ui/button.tsx';
import { CommandLine, Empty, Failed, Loading } from '../../ui/states.tsx';
import { useHead } from '../shell/head.ts';
import { TwinTable } from './table.tsx';

const SHOWN_MAX = 200;

/** Every twin, by name, id or model; the filter is part of the address. */
export function TwinsView() {
  const w = words.value;
  const list = useResource('twins', (signal) => listTwins(undefined, signal));
  const { data, problem, loading } = list.state.value;
  const sought = route.value.query['q'] ?? '';
  const asked = route.value.query['state'];
  const state = asked === 'late' || asked === 'stale' ? asked : ''; // what is known of all twins
  const found = (data?.items ?? []).filter((row) => matches(row, sought.toLowerCase()) && (state === '' || oldState(row.id) === state));
  const filter = (text: string) => go(hrefWith({ q: text }), true);
  useHead([{ label: w.twins }]);
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="page-title">{w.twins}</h1>
        <p class="dim grow">{data && (sought || state ? w.shown(found.length, data.items.length) : w.twinCount(data.items.length))}</p>
        {state !== '' && <span class="pill-filter">{w.onlyState(w.freshnessOf(state))}<Button kind="icon" icon="close" label={w.clearFilter} onClick={() => go(hrefWith({ state: '' }))} /></span>}
        <input class="field" type="search" aria-label={w.filter} placeholder={w.filter} value={sought} onInput={(e) => filter(e.currentTarget.value)} />
      </div>
      {!data && (problem && !loading ? <Failed problem={problem} retry={list.reload} /> : <Loading rows={10} />)}
      {data && data.items.length === 0 && <Empty text={w.emptyLead}><CommandLine text="pollux demo manufacturing" /></Empty>}
      {data && data.items.length > 0 && found.length === 0 && <Empty text={w.noMatch(w.list([sought, state && w.freshnessOf(state)]))}><Button label={w.clearFilter} onClick={() => go(hrefWith({ q: '', state: '' }))} /></Empty>}
      {found.length > 0 && <TwinTable rows={found.slice(0, SHOWN_MAX)} />}
      {(data?.more || found.length > SHOWN_MAX) && <p class="faint small">{w.moreTwins}</p>}
    </div>
  );
}

const matches = (row: TwinRow, text: string): boolean =>
  [row.id, row.model, modelName(row.model), nameOf(row.id)].some((word) => word.toLowerCase().includes(text));
