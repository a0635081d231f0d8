# SPDX-License-Identifier: MIT
"""asyncio: how waits end by close () and cancel (), and with loops and processes."""
import asyncio
import errno
import gc
import threading
import weakref

from support import PATIENCE, Case, at_line, descriptors, main, run

import joinmem
from joinmem import _aio

FORK = """
import asyncio, joinmem, os, sys
async def main():
    with joinmem.Queue(sys.argv[1], "d", kind="mpmc") as queue:
        task = asyncio.create_task(queue.pop_async())
        while not queue._hubs:
            await asyncio.sleep(0)
        if os.fork() == 0:
            queue.push(2.5)
            try:
                print(await task, flush=True)
                await queue.pop_async()
            except RuntimeError:  # asyncio knows of no running loop
                print("refused", flush=True)
            sys.exit()  # ends the loop of the child, whose epoll instance is that of the parent
        os.wait()
        queue.push(3.5)
        print(await task)
asyncio.run(main())
"""


class Ends(Case):
    def test_cancel_ends_the_waits_of_coroutines(self):
        async def waits(from_thread):
            with joinmem.Queue(None, "Q") as queue, joinmem.Queue(None, "Q", capacity=1) as full:
                full.push(1)

                async def iterate():
                    return [number async for number in queue]

                def cancel():
                    queue.cancel()
                    full.cancel()

                tasks = [asyncio.create_task(wait) for wait in (
                    queue.pop_async(), queue.pop_some_async(5), iterate(), full.push_async(2),
                    full.push_many_async([2, 3]))]
                for _ in range(5):
                    await asyncio.sleep(0)
                self.thread(cancel).result() if from_thread else cancel()
                for task in tasks:
                    with self.raises(errno.ECANCELED, joinmem.Canceled):
                        await task
                with self.raises(errno.ECANCELED, joinmem.Canceled):
                    await queue.pop_async()  # it would have to wait
                await queue.push_async(5)
                self.assertEqual(await queue.pop_async(), 5)
                queue.resume()
                task = asyncio.create_task(queue.pop_async())
                await asyncio.sleep(0)
                queue.push(6)
                self.assertEqual(await task, 6)

        for from_thread in False, True:
            run(waits(from_thread))

    def at_each_line(self, act):
        """A coroutine waits, and before the first line that this executes in _aio, the second, ... there is an act.

        The act returns whether the wait ends by it, and not by the close () that follows.
        """
        async def wait():
            task = asyncio.create_task(queue.pop_async())
            for _ in range(3):
                await asyncio.sleep(0)
            if not any(ended):
                queue.close()
            with self.assertRaises((joinmem.Canceled, joinmem.Closed)):
                await task

        line, reached = 1, True
        while reached:
            queue, ended = joinmem.Queue(None, "Q", kind="mpmc"), []
            try:
                reached = at_line(line, lambda: ended.append(act(queue)), lambda: run(wait()), _aio, weakref)
                queue.close()
            except BaseException as error:
                raise AssertionError(f"at line {line}") from error
            line += 1
        self.assertGreater(line, 50)

    def test_close_or_cancel_on_another_thread_at_any_line_ends_a_wait(self):
        for call in joinmem.Queue.close, joinmem.Queue.cancel:
            self.at_each_line(lambda queue: queue.closed or self.thread(call, queue).result() or True)

    def test_loop_of_another_thread_waits_at_any_line(self):
        async def wait(queue, started):
            task = asyncio.create_task(queue.pop_async())
            for _ in range(3):
                await asyncio.sleep(0)
            started.set()
            with self.assertRaises((joinmem.Canceled, joinmem.Closed)):
                await task

        def act(queue):
            started = threading.Event()
            threads.append(self.thread(lambda: run(wait(queue, started))))
            started.wait(PATIENCE)
            return False

        threads = []
        self.at_each_line(act)
        for thread in threads:
            thread.result()

    def test_tasks_that_never_end_do_not_disturb_another_loop(self):
        run(asyncio.sleep(0))
        before = descriptors()
        with joinmem.Queue(None, "Q") as queue, joinmem.Queue(None, "Q") as other:
            loop = asyncio.new_event_loop()
            task = loop.create_task(queue.pop_async())
            while not queue._hubs:
                loop.run_until_complete(asyncio.sleep(0))
            loop.close()

            async def exchange():
                waiting = asyncio.create_task(other.pop_async())
                await asyncio.sleep(0)
                other.push(5)
                return await waiting

            self.assertEqual(run(exchange()), 5)
            queue.push(6)
            with self.assertLogs("asyncio") as log:
                del task, loop
                gc.collect()
            self.assertRegex(log.output[0], "Task was destroyed but it is pending")
            self.assertEqual((descriptors(), queue.pop()), (before, 6))

    def test_queue_forgets_the_hubs_of_loops_that_ended(self):
        async def wait():
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(queue.pop_async(), 0.001)

        with joinmem.Queue(None, "Q") as queue:
            for _ in range(5):
                loop = asyncio.new_event_loop()  # without asyncio.run (), which would close the hub
                loop.run_until_complete(wait())
                loop.close()
            self.assertEqual(len(queue._hubs), 1)
            run(wait())
            self.assertEqual(queue._hubs, {})

    def test_end_of_a_forked_child_leaves_the_loop_of_the_parent(self):
        self.assertEqual(self.finish(self.process(FORK, self.name())), "2.5\nrefused\n3.5\n")

    def test_loop_of_the_parent_is_refused_in_a_child(self):
        with joinmem.Queue(None, "Q") as queue:
            async def exchange():
                task = asyncio.create_task(queue.pop_async())
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                queue.push(5)
                return await task

            def use():
                with self.raises(errno.EBADF, joinmem.Closed):
                    loop.run_until_complete(queue.pop_async())
                self.assertEqual(asyncio.run(exchange()), 5)

            loop = asyncio.new_event_loop()
            self.assertEqual(loop.run_until_complete(exchange()), 5)
            self.forked(use)
            self.assertEqual(loop.run_until_complete(exchange()), 5)
            loop.close()


if __name__ == "__main__":
    main()
