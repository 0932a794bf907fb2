// SPDX-License-Identifier: Apache-2.0
import { type Issuer, listIssuers } from '../../api/issuers.ts';
import { words } from '../../state/language.ts';
import { useResource } from '../../state/resource.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { CommandLine, Empty, Listed } from '../../ui/states.tsx';
import { useHead } from '../shell/head.ts';
import { useNewKey } from '../shell/keys.tsx';
import { IssuerPage } from './issuer.tsx';
import { Places } from './places.tsx';

/** Who signs tokens of devices; one of them, or a new one. */
export function IssuersView({ id }: { id: string }) {
  const w = words.value;
  useHead([{ label: w.devices, href: hrefTo('devices') }, { label: w.issuers, ...(id ? { href: hrefTo('issuers') } : {}) }, ...(id ? [{ label: id === NEW ? w.newIssuer : id }] : [])]);
  useNewKey(() => go(hrefTo('issuers', NEW)));
  return id ? <IssuerPage key={id} name={id === NEW ? '' : id} /> : <Issuers />;
}

function Issuers() {
  const w = words.value;
  const issuers = useResource('issuers', listIssuers);
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="page-title">{w.issuers}</h1>
        <p class="dim grow">{w.issuersLead}</p>
        <Button kind="primary" icon="plus" label={w.newIssuer} disabled={!mayWrite.value} title={mayWrite.value ? w.issuersLead : w.readerOnly} onClick={() => go(hrefTo('issuers', NEW))} />
      </div>
      <Places />
      <Listed of={issuers} loading={4} empty={<Empty text={w.noIssuers}><CommandLine text="pollux issuer add plant --issuer https://login.plant.example --key k1:ES256:k1.pem" /></Empty>}>{(rows) => <Table rows={rows} />}</Listed>
    </div>
  );
}

function Table({ rows }: { rows: readonly Issuer[] }) {
  const w = words.value;
  return (
    <div class="panel table-box" role="region" aria-label={w.issuers} tabIndex={0}>
      <table class="table issuers stacks">
        <thead><tr><th>{w.name}</th><th>{w.issuerText}</th><th>{w.audience}</th><th>{w.deviceClaim}</th><th>{w.issuerKeys}</th></tr></thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.id}>
              <td><a class="row-link" href={hrefTo('issuers', one.id)}>{one.id}</a></td>
              <td class="mono wrap">{one.issuer}</td>
              <td class="mono dim">{one.audience}</td>
              <td class="mono dim">{one.claim}</td>
              <td class="mono dim wrap">{one.keys.map((key) => `${key.kid} ${key.algorithm}`).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
