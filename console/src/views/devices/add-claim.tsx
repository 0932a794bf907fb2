// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { type Claim, makeClaim, readClaim } from '../../api/claims.ts';
import { listModels } from '../../api/models.ts';
import { words } from '../../state/language.ts';
import { modelName } from '../../state/models.ts';
import { problemText } from '../../state/problem.ts';
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
  const problem = useSignal<{ of: 'id' | 'uses' | ''; text: string }>({ of: '', text: '' });
  const models = (useResource('models to choose', (stop) => listModels(stop, false)).state.value.data ?? []).filter((row) => !row.decommissioned);
  const run = async () => {
    const name = id.value.trim();
    if (!name) return void (problem.value = { of: 'id', text: w.claimIdMissing });
    if (!/^[1-9]\d*$/.test(uses.value.trim())) return void (problem.value = { of: 'uses', text: w.claimUsesWrong(uses.value) });
    if ((await readClaim(name)).ok) return void (problem.value = { of: 'id', text: w.claimThere(name) });
    const answer = await makeClaim(name, {
      uses: Number(uses.value), ...(day.value ? { expires: new Date(`${day.value}T23:59:59`).toISOString() } : {}),
      ...(prefix.value.trim() ? { prefix: prefix.value.trim() } : {}), ...(group.value.trim() ? { group: group.value.trim() } : {}), ...(model.value ? { model: model.value } : {}),
    });
    if (answer.ok) return made(answer.value);
    problem.value = { of: '', text: problemText(answer.error) };
  };
  const of = (field: 'id' | 'uses') => (problem.value.of === field ? problem.value.text : '');
  return (
    <Ask title={w.addClaim} lead={w.claimOnceLead} verb={w.addClaim} run={run} close={close}>
      <TextLine id="claim-id" label={w.name} problem={of('id')} mono autofocus placeholder="batch-7" value={id.value} onInput={(v) => (id.value = v)} />
      <TextLine id="claim-uses" label={w.claimHowMany} problem={of('uses')} value={uses.value} onInput={(v) => (uses.value = v)} />
      <TextLine id="claim-expires" type="date" label={w.expires} note={w.optional} help={w.claimExpiresHelp} value={day.value} onInput={(v) => (day.value = v)} />
      <TextLine id="claim-prefix" label={w.claimPrefix} note={w.optional} mono placeholder="valve-" value={prefix.value} onInput={(v) => (prefix.value = v)} />
      <TextLine id="claim-group" label={w.group} note={w.optional} value={group.value} onInput={(v) => (group.value = v)} />
      <SelectLine id="claim-model" label={w.twinModel} note={w.optional} help={w.claimModelHelp} value={model.value} onChange={(v) => (model.value = v)} options={[{ value: '', label: w.noModel }, ...models.map((row) => ({ value: row.id, label: `${modelName(row.id)} · ${row.id}` }))]} />
      {problem.value.of === '' && problem.value.text && <p class="field-problem" role="alert">{problem.value.text}</p>}
    </Ask>
  );
}
