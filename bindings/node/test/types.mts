// SPDX-License-Identifier: MIT
// Uses of the types that tsc has to accept, and wrong ones that it has to refuse. Nothing runs it.
import { LocalMem, ShmMem, Queue, WaitSet, inspect, unlink, type JoinmemError, type Stats } from 'joinmem';

export async function uses(): Promise<void> {
  const memory = new ShmMem('/ticks', 1 << 20, { mode: 'createOnly', permissions: 0o640, huge: 'never' });
  const floats: Float64Array = new Float64Array(memory.buffer, 0, 8);
  memory.write(0, floats);
  const done: boolean = await memory.initialise(64, (m) => m.write(0, floats), { timeout: 5 });
  new LocalMem(4096).close();

  const prices = new Queue('/prices', { kind: 'spsc', capacity: 1024, element: 'float64', tag: 7n });
  const price: number = await prices.pop({ timeout: 5, signal: AbortSignal.timeout(1) });
  const batch: Float64Array = await prices.popMany(8, { all: true });
  const count: number = await prices.popMany(new Float64Array(8));
  const room: Float64Array | undefined = prices.reserve(2);
  for await (const one of prices) {
    await prices.push(one + price + count + (room?.length ?? 0) + batch.length + Number(done));
  }

  const wide = new Queue(null, { element: 'bigint64' });
  const id: bigint | undefined = wide.tryPop();
  const bytes = new Queue(null, { element: { size: 64 } });
  const element: Uint8Array = await bytes.pop();
  bytes.tryPush(new Float64Array(8));
  const pair = {
    size: 16,
    write(view: DataView, [a, b]: [number, number]) { view.setFloat64(0, a); view.setFloat64(8, b); },
    read: (view: DataView): [number, number] => [view.getFloat64(0), view.getFloat64(8)],
  };
  const custom = new Queue(null, { element: pair });
  const both: [number, number] = await custom.pop();
  const pairs: [number, number][] = custom.tryPopMany(4);
  custom.tryPush([both[0], pairs.length + Number(id) + element.length]);

  const set = new WaitSet();
  set.add(prices, { key: 'prices', amount: 4 });
  for (const event of await set.wait({ timeout: 1 })) {
    const ended: boolean = event.end;
    if (ended) set.remove(prices);
  }
  const tag: bigint | null = inspect('/prices').tag;
  const stats: Stats = prices.stats();
  try {
    unlink('/prices');
  } catch (error) {
    const { code, errno } = error as JoinmemError;
    throw new Error(`${code} ${errno} ${tag} ${stats.pushed}`);
  }

  // @ts-expect-error a number in place of a BigInt
  wide.tryPush(1);
  // @ts-expect-error a text in place of a number
  await prices.push('1');
  // @ts-expect-error an unknown mode
  new ShmMem('/ticks', 1, { mode: 'create' });
  // @ts-expect-error an unknown element
  new Queue(null, { element: 'text' });
  // @ts-expect-error another typed array
  prices.tryPushMany(new Float32Array(2));
}
