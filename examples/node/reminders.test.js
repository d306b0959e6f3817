import assert from "node:assert/strict";
import { test } from "node:test";

import { openHandler, openSandbox } from "./emulator.js";
import { isGenuine, remind } from "./reminders.js";

const ALEX = { phone: "447592850122", name: "Alex" };
// A magic number: it ends in 99, 05 for "reported failed", and two free digits.
const BO = { phone: "447592990500", name: "Bo" };

test("handler hears how each reminder ends, signed", async (t) => {
  const sandbox = await openSandbox(t);
  const heard = {};
  const url = await openHandler(t, (headers, body) => {
    if (!isGenuine("s3cret", headers, body)) return 401;
    const { event } = JSON.parse(body);
    heard[event.to] = event.status;
    return 204;
  });
  await sandbox.post("/endpoints", { provider: "cuedesk", url, secret: "s3cret" });

  await remind(sandbox.access("cuedesk"), "may", [ALEX, BO]);
  const { callbacks } = await sandbox.advance({ by: "1h" });

  assert.deepEqual(heard, { [ALEX.phone]: "delivered", [BO.phone]: "failed" });
  assert.equal(callbacks.failed, 0);
});

test("forged callbacks are refused", async (t) => {
  const sandbox = await openSandbox(t);
  const url = await openHandler(t, (headers, body) => (isGenuine("s3cret", headers, body) ? 204 : 401));
  const adversary = { bad_signature: 1 };
  await sandbox.post("/endpoints", { provider: "cuedesk", url, secret: "s3cret", adversary });

  await remind(sandbox.access("cuedesk"), "may", [ALEX]);
  const { callbacks } = await sandbox.advance({ by: "1h" });

  assert.ok(callbacks.attempted > 0);
  assert.equal(callbacks.succeeded, 0);
});

for (const fault of [{ status: 503 }, { drop: "before" }, { drop: "after" }]) {
  test(`nobody is reminded twice or not at all: ${JSON.stringify(fault)}`, async (t) => {
    const sandbox = await openSandbox(t);
    await sandbox.post("/faults", { provider: "cuedesk", times: 1, fault });

    await remind(sandbox.access("cuedesk"), "may", [ALEX]);
    await sandbox.advance({ by: "1h" });

    const { items } = await sandbox.get(`/messages?to=${ALEX.phone}`);
    assert.equal((await sandbox.get("/requests")).total, 2);
    assert.deepEqual(items.map(({ status }) => status), ["delivered"]);
  });
}
