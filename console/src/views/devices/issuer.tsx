// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { deleteIssuer, type Issuer, readIssuer, writeIssuer } from '../../api/issuers.ts';
import { type Document, memberAt, rowsOf, textOf, withMember, withRow } from '../../lib/connection.ts';
import { type Draft, useDraft } from '../../state/draft.ts';
import { words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { useRefused } from '../../state/refused.ts';
import { readNamed, useResource } from '../../state/resource.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { say } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import { AreaLine, SelectLine, TextLine } from '../../ui/form.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { RemoveThing } from '../remove-thing.tsx';
import { ALGORITHMS } from './credentials.tsx';
import { Theirs } from './theirs.tsx';

const FRESH: Document = { issuer: '', keys: [{ kid: '', algorithm: ALGORITHMS[0], publicKey: '' }] };

/** Where a sentence has a place of its own. */
const FIELDS = ['name', 'issuer', 'keys'];

/** What is written: its name stands in the address. */
function documentOf({ id: _, ...document }: Issuer): Document {
  return document;
}

/** An issuer, or a new one: what its tokens say, and the public keys that they are signed by. */
export function IssuerPage({ name }: { name: string }) {
  const w = words.value;
  const { state, reload } = useResource(`issuer ${name}`, (stop) => readNamed(name, () => readIssuer(name, stop)));
  const { data, problem, loading } = state.value;
  const draft = useDraft(data && { document: documentOf(data.body), etag: data.etag }, name ? undefined : FRESH);
  const called = useSignal('');
  const refused = useRefused();
  if (!draft.document) {
    return (
      <div class="page">
        <h1 class="page-title">{name}</h1>
        {problem?.status === 404 ? <Empty text={w.issuerGone(name)} /> : problem && !loading ? <Failed problem={problem} retry={reload} /> : <Loading rows={8} />}
      </div>
    );
  }
  const save = async () => {
    const sent = draft.document!;
    const as = name || called.value.trim();
    refused.clear();
    if (!as || as === NEW) return refused.say('name', w.issuerNameMissing);
    if (!textOf(sent, 'issuer').trim()) return refused.say('issuer', w.issuerTextMissing);
    if (!name && (await readIssuer(as)).ok) return refused.say('name', w.issuerThere(as));
    const answer = await writeIssuer(as, sent, draft.etag);
    if (!answer.ok) {
      if (answer.error.status === 412) reload();
      return refused.say(memberAt(answer.error.path), problemText(answer.error));
    }
    say({ text: w.issuerSaved(as), problem: false });
    if (!name) return go(hrefTo('issuers', as), true);
    draft.saved({ document: sent, etag: answer.value.etag });
    reload();
  };
  return (
    <form class="page" noValidate>
      <div class="twin-head">
        <div class="grow">
          <h1 class="page-title">{name || w.newIssuer}</h1>
          <p class="twin-facts dim small">{!name && <span>{w.issuersLead}</span>}<span role="status" class="strong-ish">{name && draft.changed ? w.changedNotSaved : ''}</span></p>
        </div>
        <div class="twin-actions">
          {name && <RemoveThing title={w.removeIssuerTitle(name)} lead={w.removeIssuerLead} remove={() => deleteIssuer(name)} done={w.issuerRemoved(name)} to={hrefTo('issuers')} />}
          <Button submit kind="primary" label={w.save} disabled={(name !== '' && !draft.changed) || !mayWrite.value} {...(mayWrite.value ? {} : { title: w.readerOnly })} onClick={save} />
        </div>
        <Theirs draft={draft} />
      </div>
      {refused.elsewhere(FIELDS) && <p class="field-problem" role="alert">{refused.elsewhere(FIELDS)}</p>}
      <div class="twin-main narrow">
        <Panel title={w.issuers}>
          <div class="panel-body stack">
            {!name && <TextLine id="issuer-name" label={w.issuerName} problem={refused.at('name')} mono autofocus value={called.value} onInput={(v) => (called.value = v)} placeholder="plant" />}
            <Tokens draft={draft} wrong={refused.at} />
          </div>
        </Panel>
        <Keys draft={draft} problem={refused.at('keys')} />
      </div>
    </form>
  );
}

function Tokens({ draft, wrong }: { draft: Draft; wrong: (member: string) => string | undefined }) {
  const w = words.value;
  const document = draft.document!;
  const set = (member: string) => (value: string) => draft.write(withMember(document, member, value));
  return (
    <>
      <TextLine id="issuer-text" label={w.issuerText} help={w.issuerTextHelp} problem={wrong('issuer')} mono value={textOf(document, 'issuer')} onInput={(issuer) => draft.write({ ...document, issuer })} placeholder="https://login.plant.example" />
      <div class="field-grid">
        <TextLine id="issuer-audience" label={w.audience} help={w.asDefault('pollux')} mono value={textOf(document, 'audience')} onInput={set('audience')} />
        <TextLine id="issuer-claim" label={w.deviceClaim} help={w.asDefault('sub')} mono value={textOf(document, 'claim')} onInput={set('claim')} />
      </div>
    </>
  );
}

function Keys({ draft, problem }: { draft: Draft; problem: string | undefined }) {
  const w = words.value;
  const document = draft.document!;
  const rows = rowsOf(document, 'keys');
  return (
    <Panel title={w.issuerKeys} note={w.issuerKeysNote}>
      <div class="panel-body stack">
        <p class="faint small">{w.issuerKeysHelp}</p>
        {rows.length === 0 && <p class="dim">{w.noIssuerKeys}</p>}
        {rows.map((row, i) => {
          const set = (change: Document) => draft.write(withRow(document, 'keys', i, { ...row, ...change }));
          const kid = textOf(row, 'kid');
          return (
            <fieldset key={i} class="parts">
              <legend class="small"><span class="strong-ish">{w.issuerKeyOf(i + 1, kid)}</span> <Button kind="icon" icon="close" label={w.dropIssuerKey(kid || String(i + 1))} onClick={() => draft.write(withRow(document, 'keys', i, undefined))} /></legend>
              <div class="field-grid">
                <TextLine id={`issuer-key-${i}-kid`} label={w.keyId} mono value={kid} onInput={(value) => set({ kid: value })} placeholder="k1" />
                <SelectLine id={`issuer-key-${i}-algorithm`} label={w.algorithm} value={textOf(row, 'algorithm')} onChange={(algorithm) => set({ algorithm })} options={ALGORITHMS.map((value) => ({ value, label: value }))} />
              </div>
              <AreaLine id={`issuer-key-${i}-pem`} label={w.publicKeyJwk} rows={4} value={textOf(row, 'publicKey')} onInput={(publicKey) => set({ publicKey })} />
            </fieldset>
          );
        })}
        {problem && <p class="field-problem" role="alert">{problem}</p>}
        <p><Button icon="plus" label={w.addIssuerKey} onClick={() => draft.write(withRow(document, 'keys', rows.length, { kid: '', algorithm: ALGORITHMS[0], publicKey: '' }))} /></p>
      </div>
    </Panel>
  );
}
