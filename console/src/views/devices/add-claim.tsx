// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { type Claim, makeClaim, readClaim } from '../../api/claims.ts';
import { listModels } from '../../api/models.ts';
import { words } from '../../state/language.ts';
import { modelName } from '../../state/models.ts';
import { problemText } from '../../state/problem.ts';
import { useRefused } from '../../state/refused.ts';
import { useResource } from '../../state/resource.ts';
import { Ask } from '../../ui/ask.tsx';
import { SelectLine, TextLine } from '../../ui/form.tsx';

/** A claim: how many devices, until when, whose ids begin how, and what they get. */
export function AddClaim({ made, close }: { made: (claim: Claim) => void; close: () => void }) {
  const w = words.value;
  const id = useSignal('');
  const uses = useSignal('1');
  const day = useSignal('');
  const prefix = useSignal('');
  const group = useSignal('');
  const model = useSignal('');
  const refused = useRefused();
  const models = (useResource('models to choose', (stop) => listModels(stop, false)).state.value.data ?? []).filter((row) => !row.decommissioned);
  const run = async () => {
    const name = id.value.trim();
    if (!name) return refused.say('id', w.claimIdMissing);
    if (!/^[1-9]\d*$/.test(uses.value.trim())) return refused.say('uses', w.claimUsesWrong(uses.value));
    if ((await readClaim(name)).ok) return refused.say('id', w.claimThere(name));
    const answer = await makeClaim(name, {
      uses: Number(uses.value), ...(day.value ? { expires: new Date(`${day.value}T23:59:59`).toISOString() } : {}),
      ...(prefix.value.trim() ? { prefix: prefix.value.trim() } : {}), ...(group.value.trim() ? { group: group.value.trim() } : {}), ...(model.value ? { model: model.value } : {}),
    });
    if (answer.ok) return made(answer.value);
    refused.say('', problemText(answer.error));
  };
  return (
    <Ask title={w.addClaim} lead={w.claimOnceLead} verb={w.addClaim} run={run} close={close}>
      <TextLine id="claim-id" label={w.name} problem={refused.at('id')} mono autofocus placeholder="batch-7" value={id.value} onInput={(v) => (id.value = v)} />
      <TextLine id="claim-uses" label={w.claimHowMany} problem={refused.at('uses')} value={uses.value} onInput={(v) => (uses.value = v)} />
      <TextLine id="claim-expires" type="date" label={w.expires} note={w.optional} help={w.claimExpiresHelp} value={day.value} onInput={(v) => (day.value = v)} />
      <TextLine id="claim-prefix" label={w.claimPrefix} note={w.optional} mono placeholder="valve-" value={prefix.value} onInput={(v) => (prefix.value = v)} />
      <TextLine id="claim-group" label={w.group} note={w.optional} value={group.value} onInput={(v) => (group.value = v)} />
      <SelectLine id="claim-model" label={w.twinModel} note={w.optional} help={w.claimModelHelp} value={model.value} onChange={(v) => (model.value = v)} options={[{ value: '', label: w.noModel }, ...models.map((row) => ({ value: row.id, label: `${modelName(row.id)} · ${row.id}` }))]} />
      {refused.at('') && <p class="field-problem" role="alert">{refused.at('')}</p>}
    </Ask>
  );
}
