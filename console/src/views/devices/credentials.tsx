// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { addCredential, type Credential, type Device, listCredentials, type NewCredential, replaceKeys, revokeCredential } from '../../api/devices.ts';
import type { Result } from '../../lib/result.ts';
import { instant } from '../../lib/time.ts';
import { instantText, words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { useResource } from '../../state/resource.ts';
import { mayWrite } from '../../state/session.ts';
import { say } from '../../state/toast.ts';
import { Ask } from '../../ui/ask.tsx';
import { Button } from '../../ui/button.tsx';
import { AreaLine, SelectLine, TextLine } from '../../ui/form.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { freshKey } from './key.tsx';

type Step = { kind: 'add' } | { kind: 'replace' } | { kind: 'revoke'; id: string };

/** What proves the device: no secrets, for there are none to see. */
export function Credentials({ device }: { device: Device }) {
  const w = words.value;
  const { id } = device;
  const { state, reload } = useResource(`credentials ${id}`, (stop) => listCredentials(id, stop));
  const step = useSignal<Step | undefined>(undefined);
  const close = () => (step.value = undefined);
  const { data, problem, loading } = state.value;
  const why = mayWrite.value ? {} : { disabled: true, title: w.readerOnly };
  const open = device.state !== 'retired';

  const keep = (answer: Result<{ key?: string }>) => {
    close();
    reload();
    if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
    if (answer.value.key) freshKey.value = { device: id, key: answer.value.key };
  };
  const add = async (credential: NewCredential): Promise<string> => {
    const answer = await addCredential(id, credential);
    if (!answer.ok) return problemText(answer.error);
    keep(answer);
    if (!answer.value.key) say({ text: w.credentialAdded(answer.value.id), problem: false });
    return '';
  };
  const revoke = async (credential: string) => {
    const answer = await revokeCredential(id, credential);
    close();
    reload();
    say(answer.ok ? { text: w.revoked(credential), problem: false } : { text: problemText(answer.error), problem: true });
  };
  return (
    <Panel
      title={w.credentials}
      aside={open && <span class="panel-tools"><Button label={`${w.replaceKeys} …`} {...why} onClick={() => void (step.value = { kind: 'replace' })} /><Button icon="key" label={`${w.addCredential} …`} {...why} onClick={() => void (step.value = { kind: 'add' })} /></span>}
    >
      {!data ? (problem && !loading ? <Failed problem={problem} retry={reload} /> : <div class="panel-body"><Loading rows={2} /></div>)
        : data.items.length === 0 ? <Empty text={w.noCredentials} />
        : <Rows items={data.items} revoke={open && mayWrite.value ? (one) => (step.value = { kind: 'revoke', id: one }) : undefined} />}
      {step.value?.kind === 'add' && <Add close={close} make={add} />}
      {step.value?.kind === 'replace' && <Replace close={close} make={async (overlap) => keep(await replaceKeys(id, overlap))} />}
      {step.value?.kind === 'revoke' && <Revoke id={step.value.id} run={revoke} close={close} />}
    </Panel>
  );
}

const Revoke = ({ id, run, close }: { id: string; run: (id: string) => Promise<void>; close: () => void }) => (
  <Ask title={words.value.revokeTitle(id)} lead={words.value.revokeLead} verb={words.value.revoke} run={() => run(id)} close={close} />
);

function Rows({ items, revoke }: { items: readonly Credential[]; revoke: ((id: string) => void) | undefined }) {
  const w = words.value;
  const day = (time: string | undefined) => (time ? instantText(instant(time) ?? 0) : '');
  return (
    <div class="table-box" role="region" aria-label={w.credentials} tabIndex={0}>
      <table class="table credentials stacks">
        <thead><tr><th>{w.credentialType}</th><th>id</th><th>{w.label}</th><th>{w.created}</th><th>{w.expires}</th><th /></tr></thead>
        <tbody>
          {items.map((one) => (
            <tr key={one.id}>
              <td>{w.credentialTypes[one.type] ?? one.type} {one.algorithm && <span class="faint small">{one.algorithm}</span>}</td>
              <td class="mono wrap">{one.id}</td>
              <td>{one.label ?? ''}</td>
              <td class="dim">{day(one.created)}</td>
              <td class="dim">{day(one.expires) || w.neverExpires}</td>
              <td class="num">{revoke && <Button kind="ghost" label={`${w.revoke} …`} onClick={() => revoke(one.id)} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export const ALGORITHMS = ['EdDSA', 'ES256', 'RS256', 'PS256'];

function Add({ make, close }: { make: (credential: NewCredential) => Promise<string>; close: () => void }) {
  const w = words.value;
  const type = useSignal<NewCredential['type']>('key');
  const label = useSignal('');
  const day = useSignal('');
  const algorithm = useSignal(ALGORITHMS[0]!);
  const pem = useSignal('');
  const problem = useSignal('');
  const run = async () => {
    problem.value = await make({
      type: type.value, ...(label.value.trim() ? { label: label.value.trim() } : {}), ...(day.value ? { expires: new Date(`${day.value}T23:59:59`).toISOString() } : {}),
      ...(type.value === 'jwt' ? { algorithm: algorithm.value, publicKey: pem.value } : type.value === 'certificate' ? { certificate: pem.value } : {}),
    });
  };
  return (
    <Ask title={w.addCredential} lead={w.addKeyLead} verb={type.value === 'key' ? w.makeKey : w.addIt} run={run} close={close}>
      <SelectLine id="key-type" label={w.credentialType} value={type.value} onChange={(v) => (type.value = v as NewCredential['type'])} options={Object.entries(w.credentialKinds).map(([value, text]) => ({ value, label: text }))} />
      {type.value === 'jwt' && <SelectLine id="key-algorithm" label={w.algorithm} value={algorithm.value} onChange={(v) => (algorithm.value = v)} options={ALGORITHMS.map((value) => ({ value, label: value }))} />}
      {type.value !== 'key' && (
        <AreaLine id="key-pem" label={type.value === 'jwt' ? w.publicKey : w.certificatePem} value={pem.value} onInput={(v) => (pem.value = v)} />
      )}
      <TextLine id="key-label" label={w.label} note={w.optional} value={label.value} onInput={(v) => (label.value = v)} />
      <TextLine id="key-expires" type="date" label={w.expires} note={w.optional} value={day.value} onInput={(v) => (day.value = v)} />
      {problem.value && <p class="field-problem" role="alert">{problem.value}</p>}
    </Ask>
  );
}

function Replace({ make, close }: { make: (overlap: string) => Promise<void>; close: () => void }) {
  const w = words.value;
  const overlap = useSignal('86400');
  return (
    <Ask title={w.replaceKeys} lead={w.replaceKeysLead} verb={w.makeKey} run={() => make(overlap.value)} close={close}>
      <SelectLine id="key-overlap" label={w.overlap} value={overlap.value} onChange={(v) => (overlap.value = v)} options={Object.entries(w.overlaps).map(([value, label]) => ({ value, label }))} />
    </Ask>
  );
}
