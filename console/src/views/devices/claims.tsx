// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { type Claim, endClaim, listClaims } from '../../api/claims.ts';
import { instant } from '../../lib/time.ts';
import { shellWord } from '../../lib/publish.ts';
import { now } from '../../state/clock.ts';
import { instantText, number, words } from '../../state/language.ts';
import { modelName } from '../../state/models.ts';
import { problemText } from '../../state/problem.ts';
import { useEvery, useResource } from '../../state/resource.ts';
import { hrefTo } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { say } from '../../state/toast.ts';
import { Ask } from '../../ui/ask.tsx';
import { Button } from '../../ui/button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { CommandLine, Empty, Listed } from '../../ui/states.tsx';
import { useHead } from '../shell/head.ts';
import { useNewKey } from '../shell/keys.tsx';
import { AddClaim } from './add-claim.tsx';
import { Places } from './places.tsx';

const EVERY_MS = 5000;

/** Claims: by which devices that nobody knows register themselves, and how many did. */
export function ClaimsView() {
  const w = words.value;
  const claims = useResource('claims', listClaims);
  const { reload } = claims;
  useEvery(EVERY_MS, reload);
  const adding = useSignal(false);
  const ending = useSignal<string | undefined>(undefined);
  const fresh = useSignal<Claim | undefined>(undefined);
  useHead([{ label: w.devices, href: hrefTo('devices') }, { label: w.claims }]);
  useNewKey(() => (adding.value = mayWrite.peek()));
  const made = (claim: Claim) => {
    fresh.value = claim;
    adding.value = false;
    reload();
  };
  const end = async (id: string) => {
    const answer = await endClaim(id);
    ending.value = undefined;
    reload();
    say(answer.ok ? { text: w.claimEnded(id), problem: false } : { text: problemText(answer.error), problem: true });
  };
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="page-title">{w.claims}</h1>
        <p class="dim grow">{w.claimsLead}</p>
        <Button kind="primary" icon="plus" label={w.addClaim} disabled={!mayWrite.value} title={mayWrite.value ? w.claimsLead : w.readerOnly} onClick={() => void (adding.value = true)} />
      </div>
      <Places />
      {fresh.value?.claim && <Fresh id={fresh.value.id} text={fresh.value.claim} prefix={fresh.value.prefix ?? ''} close={() => (fresh.value = undefined)} />}
      <Listed of={claims} loading={4} empty={<Empty text={w.noClaims}><CommandLine text="pollux claim add batch-7 --uses 200 --prefix valve-" /></Empty>}>{(rows) => <Table rows={rows} end={(id) => (ending.value = id)} />}</Listed>
      {adding.value && <AddClaim made={made} close={() => (adding.value = false)} />}
      {ending.value !== undefined && <Ask title={w.endClaimTitle(ending.value)} lead={w.endClaimLead} verb={w.endClaim} run={() => end(ending.value!)} close={() => (ending.value = undefined)} />}
    </div>
  );
}

/** Its text is nowhere else, and goes when it is put away or the page is left. */
function Fresh({ id, text, prefix, close }: { id: string; text: string; prefix: string; close: () => void }) {
  const w = words.value;
  const body = JSON.stringify({ claim: text, id: `${prefix}1` });
  return (
    <Panel title={w.claimOf(id)} class="key-box">
      <div class="panel-body stack" role="status">
        <p>{w.claimOnce}</p>
        <CommandLine text={text} />
        <p class="dim">{w.claimTry}</p>
        <CommandLine text={`curl -s ${shellWord(`${location.origin}/api/v1/claim`)} --json ${shellWord(body)}`} />
        <p class="form-foot"><Button label={w.keyDone} onClick={close} /></p>
      </div>
    </Panel>
  );
}

function Table({ rows, end }: { rows: readonly Claim[]; end: (id: string) => void }) {
  const w = words.value;
  return (
    <div class="panel table-box" role="region" aria-label={w.claims} tabIndex={0}>
      <table class="table claims stacks">
        <thead><tr><th>{w.name}</th><th class="num">{w.claimUsed}</th><th>{w.expires}</th><th>{w.claimPrefix}</th><th>{w.group}</th><th>{w.model}</th><th><span class="unseen">{w.endClaim}</span></th></tr></thead>
        <tbody>
          {rows.map((one) => {
            const over = (instant(one.expires) ?? Infinity) < now.value || one.used >= one.uses;
            return (
              <tr key={one.id} class={over ? 'faint' : ''}>
                <td class="mono strong-ish">{one.id}</td>
                <td class="num">{w.claimUses(number(one.used, 0), number(one.uses, 0))}</td>
                <td class="dim">{instantText(instant(one.expires) ?? 0)}</td>
                <td class="mono">{one.prefix ?? ''}</td>
                <td>{one.group ? <a class="link" href={hrefTo('devices', '', { q: one.group })}>{one.group}</a> : ''}</td>
                <td>{one.model ? <a class="link" href={hrefTo('models', one.model)} title={one.model}>{modelName(one.model)}</a> : ''}</td>
                <td class="num">{mayWrite.value && <Button kind="ghost" label={`${w.endClaim} …`} onClick={() => end(one.id)} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
