// Verifies COSE_Sign1 envelopes with somebody else's library.
//     node cose.mjs KEY.pem < lines of "envelope root", both hexadecimal       > lines of "true" or "false"
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createPublicKey } from 'node:crypto';
import { Sign1 } from '@auth0/cose';

const key = createPublicKey(readFileSync(process.argv[2]));
for await (const line of createInterface({ input: process.stdin })) {
  const [envelope, root] = line.split(' ').map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  try {
    await Sign1.decode(envelope).verify(key, { detachedPayload: root, algorithms: [-7] });
    console.log('true');
  } catch (fault) {
    console.log(`false ${fault.message.replaceAll('\n', ' ')}`);
  }
}
