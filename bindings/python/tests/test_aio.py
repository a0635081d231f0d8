# SPDX-License-Identifier: MIT
"""asyncio."""
import asyncio
import errno
import gc
import threading
import weakref

from support import PATIENCE, Case, descriptors, main, needs_numpy, numpy, run

import joinmem
from joinmem import _aio

PRODUCER = """
import joinmem, sys
with joinmem.Queue(sys.argv[1], "Q", kind="mpsc", capacity=64) as queue:
    for number in range(int(sys.argv[2])):
        queue.push(number)
    queue.shutdown()
"""


class Loops(Case):
    def test_two_queues_and_a_socket_share_a_loop(self):
        names, count = [self.name(), self.name()], 3000

        async def consume(name):
            with joinmem.Queue(name, "Q", kind="mpsc", capacity=64) as queue:
                return [number async for number in queue]

        async def serve(reader, writer):
            while line := await reader.readline():
                writer.write(line.upper())
            writer.close()

        async def talk():
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for number in range(50):
                writer.write(b"line %d\n" % number)
                self.assertEqual(await reader.readline(), b"LINE %d\n" % number)
            writer.close()
            server.close()
            return "talked"

        async def both():
            consumers = [asyncio.create_task(consume(name)) for name in names]
            processes = [self.process(PRODUCER, name, count) for name in names]
            results = await asyncio.gather(*consumers, talk())
            for process in processes:
                self.finish(process)
            return results

        self.assertEqual(run(both()), [list(range(count))] * 2 + ["talked"])

    def test_busy_queue_does_not_stop_the_loop(self):
        async def both():
            with joinmem.Queue(None, "Q", capacity=1024) as queue:
                ticks = 0

                async def tick():
                    nonlocal ticks
                    while True:
                        ticks += 1
                        await asyncio.sleep(0)

                task = asyncio.create_task(tick())
                for _ in range(1000):
                    await queue.push_async(1)
                    await queue.pop_async()
                task.cancel()
                return ticks

        self.assertGreater(run(both()), 10)

    def test_push_waits_for_room(self):
        async def both():
            with joinmem.Queue(None, "Q", capacity=2) as queue:
                producer = asyncio.create_task(produce(queue))
                self.assertEqual([await queue.pop_async() for _ in range(100)], list(range(100)))
                await producer
                with self.raises(errno.EPIPE):
                    await queue.pop_async()
                with self.raises(errno.EPIPE):
                    await queue.push_async(1)

        async def produce(queue):
            for number in range(100):
                await queue.push_async(number)
            queue.shutdown()

        run(both())

    def test_batches(self):
        async def both():
            with joinmem.Queue(None, "Q", capacity=8) as queue:
                producer = asyncio.create_task(queue.push_many_async(range(100)))
                got = []
                while len(got) < 100:
                    part = await queue.pop_some_async(16)
                    self.assertGreater(len(part), 0)
                    got += part
                self.assertEqual((got, await producer), (list(range(100)), 100))

        run(both())

    @needs_numpy
    def test_arrays(self):
        async def both():
            with joinmem.Queue(None, numpy.float64, capacity=8) as queue:
                producer = asyncio.create_task(queue.push_many_async(numpy.arange(20.0)))
                total = 0
                while total < 190:
                    total += (await queue.pop_some_async(16)).sum()
                await producer

        run(both())

    def test_cancelled_wait_takes_no_element(self):
        async def both():
            with joinmem.Queue(None, "Q") as queue:
                for number in range(200):
                    tasks = [asyncio.create_task(queue.pop_async()) for _ in range(3)]
                    await asyncio.sleep(0)
                    queue.push(number)
                    for _ in range(number % 4):
                        await asyncio.sleep(0)
                    tasks[0].cancel()  # before, while and after it is woken
                    tasks[2].cancel()
                    ended = await asyncio.gather(tasks[0], tasks[2], return_exceptions=True)
                    got = [result for result in ended if isinstance(result, int)]
                    if got:
                        tasks[1].cancel()
                    else:
                        got = [await tasks[1]]
                    self.assertEqual(got, [number])
                    self.assertEqual(queue.pending, 0)

        run(both())

    def test_timeout_takes_no_element(self):
        async def both():
            with joinmem.Queue(None, "Q") as queue:
                for number in range(50):
                    with self.assertRaises(asyncio.TimeoutError):
                        await asyncio.wait_for(queue.pop_async(), 0.0001)
                hub = _aio._hub()
                self.assertEqual([len(side) for side in hub._watches[queue].sides.values()], [0, 0])
                queue.push(number)
                self.assertEqual(await asyncio.wait_for(queue.pop_async(), PATIENCE), number)

        run(both())

    def test_many_waiters_of_a_queue(self):
        async def both():
            with joinmem.Queue(None, "Q", capacity=4) as queue:
                tasks = [asyncio.create_task(queue.pop_async()) for _ in range(20)]
                await queue.push_many_async(range(20))
                self.assertEqual(sorted(await asyncio.gather(*tasks)), list(range(20)))

        run(both())

    def test_close_ends_a_wait(self):
        async def both(other_thread):
            queue = joinmem.Queue(None, "Q")
            task = asyncio.create_task(queue.pop_async())
            while not _aio._hub()._watches:
                await asyncio.sleep(0)
            if other_thread:
                threading.Thread(target=queue.close).start()
            else:
                queue.close()
            with self.raises(errno.ECANCELED, joinmem.Canceled):
                await task
            with self.raises(errno.EBADF, joinmem.Closed):
                await queue.pop_async()

        for other_thread in False, True:
            run(both(other_thread))

    def test_one_descriptor_for_all_queues(self):
        async def both():
            queues = [joinmem.Queue(None, "Q") for _ in range(20)]
            tasks = [asyncio.create_task(queue.pop_async()) for queue in queues[:1]]
            while not queues[0]._hubs:
                await asyncio.sleep(0)
            before = descriptors()
            tasks += [asyncio.create_task(queue.pop_async()) for queue in queues[1:]]
            while not all(queue._hubs for queue in queues):
                await asyncio.sleep(0)
            self.assertEqual(descriptors(), before)
            for number, queue in enumerate(queues):
                queue.push(number)
            self.assertEqual(await asyncio.gather(*tasks), list(range(20)))

        run(both())

    def test_end_of_the_loop_releases_all(self):
        async def wait(queue):
            hub = _aio._hub()
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(queue.pop_async(), 0.001)
            return weakref.ref(hub)

        run(asyncio.sleep(0))
        before = descriptors()
        with joinmem.Queue(None, "Q") as queue:
            for _ in range(3):
                known = run(wait(queue))
                gc.collect()
                self.assertTrue(known() is None or known().closed)
                self.assertEqual(descriptors(), before)
            loop = asyncio.new_event_loop()  # without asyncio.run ()
            loop.run_until_complete(wait(queue))
            loop.close()
            del loop
            queue.push(5)
            self.assertEqual(run(queue.pop_async()), 5)
            gc.collect()
            self.assertEqual(descriptors(), before)

    def test_loops_of_several_threads(self):
        with joinmem.Queue(None, "Q", kind="mpmc", capacity=8) as queue:
            async def consume():
                return sum([number async for number in queue])

            threads = [self.thread(lambda: run(consume())) for _ in range(3)]
            for number in range(1000):
                queue.push(number)
            queue.shutdown()
            self.assertEqual(sum(thread.result() for thread in threads), sum(range(1000)))

    def test_death_of_the_producers_ends_a_wait(self):
        name = self.name()
        code = "import joinmem, sys; q = joinmem.Queue(sys.argv[1], 'Q'); q.push(1); print('pushed', flush=True); " \
               "sys.stdin.read()"

        async def both():
            with joinmem.Queue(name, "Q", owner_dead=True) as queue:
                process = self.process(code, name)
                self.assertEqual(await queue.pop_async(), 1)
                process.stdout.readline()
                process.kill()
                with self.raises(errno.EOWNERDEAD, joinmem.ProducersDead):
                    await queue.pop_async()
                with self.raises(errno.EOWNERDEAD, joinmem.ProducersDead):
                    await queue.pop_async()

        run(both())


if __name__ == "__main__":
    main()
