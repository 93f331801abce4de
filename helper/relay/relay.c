/*
 * The relay: carries the bytes of all terminals between their ptys and their clients' sockets, so that
 * they need not pass through Node. The helper hands it both ends; ../relay/relay.ts is its other side.
 *
 * What it carries is hostile, on both sides. So it has no rights at all (rights.h), and knows of nothing
 * but descriptors and numbers. It is single-threaded and never waits for any one of them.
 *
 * It has no C library, as the stage has none. Build: cc -static -nostdlib -ffreestanding (extension/build.mjs).
 */
#include "orders.h"
#include "rights.h"

#include "../sys/start.h"

enum { EVENTS = 64 };

static struct end orders = { 0, ORDERS, 0, 0 };

static void __attribute__((noreturn)) leave(int status)
{
	for (;;)
		raw(__NR_exit_group, (u64)status, 0, 0, 0, 0, 0);
}

static void hear(struct end *end, u32 events)
{
	if (end->fd < 0)
		return; /* it was put away a moment ago */
	if (end == &end->of->master && end->of->held) {
		/* Its turn comes; but an edge comes once. */
		end->of->is_ending |= (events & EPOLLHUP) != 0;
		return;
	}
	if (end == &end->of->client)
		hear_client(end->of, events);
	else
		hear_program(end->of, events);
	settle(end->of);
}

static void continue_held(void)
{
	struct terminal *each = held;
	held = 0;
	while (each) {
		struct terminal *next = each->next_held;
		each->held = 0;
		hear_program(each, 0);
		settle(each);
		each = next;
	}
}

static void refill(void)
{
	refill_at = 0;
	for (struct terminal *each = terminals; each; each = each->next) {
		each->allowance = ALLOWANCE;
		watch_what_matters(each);
	}
}

static void deliver_gathered(void)
{
	deliver_at = 0;
	for (struct terminal *each = terminals; each; each = each->next) {
		if (!each->gathers)
			continue;
		each->sent_at = 0;
		deliver(each);
		settle(each);
	}
}

/* Does what is due, and waits for events until the next is. @return how many there are */
static long await(struct epoll_event *events)
{
	u64 now = refill_at || deliver_at ? now_us() : 0;
	if (deliver_at && now >= deliver_at)
		deliver_gathered();
	if (refill_at && now >= refill_at)
		refill();
	u64 next = !refill_at || (deliver_at && deliver_at < refill_at) ? deliver_at : refill_at;
	u64 wait = held || next <= now ? 0 : next - now;
	struct __kernel_timespec time = { (long)(wait / 1000000), (long)(wait % 1000000) * 1000 };
	int is_limited = held || next;
	return raw(__NR_epoll_pwait2, (u64)watch, (u64)events, EVENTS, is_limited ? (u64)&time : 0, 0, 0);
}

static void __attribute__((noreturn, used)) run(void)
{
	struct epoll_event events[EVENTS];
	watch = (int)raw(__NR_epoll_create1, 0, 0, 0, 0, 0, 0);
	if (watch < 0 || !give_up_rights())
		leave(1);
	set_watch(&orders, EPOLLIN);
	for (;;) {
		long count = await(events);
		int has_orders = 0;
		for (long at = 0; at < count; at++) {
			struct end *end = (struct end *)events[at].data;
			if (end == &orders)
				has_orders = 1;
			else if (end == &reports)
				pay();
			else
				hear(end, events[at].events);
		}
		continue_held();
		/* Last, so that no event is of a terminal from before. */
		if (has_orders && !take_orders())
			leave(0);
		if (deaths)
			bury();
	}
}
