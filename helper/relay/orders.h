/* What the helper wants done, with the descriptors that it hands over. */
#pragma once

#include <linux/fcntl.h>

#include "life.h"

enum operation { ADD = 1, ATTACH, DROP };
enum { KEEP = 1, REPLAY = 2 };

/* From the helper, with a descriptor where there is one to hand over; an ATTACH goes on with what the client has sent. */
struct order {
	u32 operation, id, client_number, flags;
};

/* struct cmsghdr with one descriptor */
struct rights {
	u64 bytes;
	int level, type;
	int fd, padding;
};
enum { SOL_SOCKET = 1, SCM_RIGHTS = 1 };

static u8 early[INPUT];

static struct terminal *find(u32 id)
{
	struct terminal *each = terminals;
	while (each && (each->id != id || each->over))
		each = each->next;
	return each;
}

/* @return 0 when there is no memory for it */
static struct terminal *make(u32 id, int master, int client)
{
	long at = raw(__NR_mmap, 0, sizeof(struct terminal), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (u64)-1, 0);
	if (at < 0 && at >= -4095)
		return 0;
	struct terminal *terminal = (struct terminal *)at;
	terminal->id = id;
	terminal->allowance = ALLOWANCE;
	terminal->master = (struct end){ terminal, master, 0, 0 };
	terminal->client = (struct end){ terminal, client, 0, 0 };
	terminal->next = terminals;
	terminals = terminal;
	return terminal;
}

static void add(const struct order *order, int master)
{
	struct terminal *terminal = master < 0 ? 0 : make(order->id, master, -1);
	if (!terminal) {
		/* Too many descriptors, or no memory: it ends as one that was hung up. */
		tell(OVER, order->id, 0);
		return;
	}
	terminal->kept = (order->flags & KEEP) != 0;
	/* The helper has the same open file, and only asks it for sizes. */
	raw(__NR_fcntl, (u64)master, F_SETFL, O_RDWR | O_NONBLOCK, 0, 0, 0);
}

/* Whoever had it until now sees its end. */
static void take_from(struct terminal *terminal)
{
	int client = terminal->client.fd;
	if (client < 0)
		return;
	end_watch(&terminal->client);
	struct terminal *rest = make(0, -1, client);
	if (rest) {
		finish(rest);
		watch_what_matters(rest);
	} else
		put_away(&terminal->client);
}

static void attach(struct terminal *terminal, const struct order *order, int client, u32 early_bytes)
{
	take_from(terminal);
	terminal->client.fd = client;
	terminal->client_number = order->client_number;
	terminal->shown = 1;
	terminal->owed = 0; /* of the one before */
	terminal->input_over = 0;
	terminal->header_left = 0;
	if (order->flags & REPLAY) {
		terminal->sent = beginning_of(terminal);
		terminal->header = (u32)unsent(terminal);
		terminal->header_left = sizeof terminal->header;
	}
	/* What the one before typed and the program did not take would come before it, and is no longer meant. */
	terminal->input_at = 0;
	terminal->input_end = terminal->master.fd < 0 ? 0 : early_bytes;
	for (u32 at = 0; at < terminal->input_end; at++)
		terminal->input[at] = early[at];
	terminal->sent_at = 0;
	hear_program(terminal, 0);
	settle(terminal);
}

static void drop(struct terminal *terminal)
{
	terminal->owed = 0;
	finish(terminal);
	watch_what_matters(terminal);
}

static void follow(const struct order *order, int fd, u32 early_bytes)
{
	struct terminal *terminal = order->operation == ADD ? 0 : find(order->id);
	if (order->operation == ADD)
		add(order, fd);
	else if (terminal && order->operation == DROP)
		drop(terminal);
	else if (terminal && fd >= 0)
		attach(terminal, order, fd, early_bytes);
	else if (terminal)
		tell(DETACHED, order->id, order->client_number);
	else if (fd >= 0)
		raw(__NR_close, (u64)fd, 0, 0, 0, 0, 0); /* it has ended in the meantime */
}

/* @return 0 when the helper has gone */
static int take_orders(void)
{
	for (;;) {
		struct order order;
		struct rights rights = { 0, 0, 0, -1, 0 };
		struct piece pieces[] = { { &order, sizeof order }, { early, sizeof early } };
		struct packet packet = { 0, 0, pieces, 2, &rights, sizeof rights, 0 };
		long got = raw(__NR_recvmsg, ORDERS, (u64)&packet, MSG_DONTWAIT, 0, 0, 0);
		if (got == -EAGAIN)
			return 1;
		if (got < (long)sizeof order)
			return 0;
		int has_fd = packet.rights_bytes >= sizeof rights - sizeof rights.padding && rights.type == SCM_RIGHTS;
		follow(&order, has_fd ? rights.fd : -1, (u32)(got - (long)sizeof order));
	}
}
