/*
 * One terminal. What its program writes goes through a ring to its client, and stays there to be shown
 * again; what the client sends goes through a buffer to the program. Nothing here ever waits.
 */
#pragma once

#include <asm/ioctls.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/eventpoll.h>
#include <linux/mman.h>

#include "../sys/syscall.h"

enum {
	RING = 256 << 10,
	/* Twice what the helper may have read of a client before it hands it over. */
	INPUT = 128 << 10,
	/* So much that the client has not taken yet makes the program wait. */
	AHEAD = 64 << 10,
	/* So much of one terminal is read before the others have their turn: four times what a pty gives at once. */
	ROUND = 4 * 4095,
	/* A client is not woken again within this time, unless there is much for it. */
	GATHER_US = 500,
	/* So much is read in REFILL_US of one that nobody looks at: a flood there is to cost little. */
	ALLOWANCE = 64 << 10,
	REFILL_US = 20000,
};

enum { MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, SHUT_WR = 1 };

struct piece {
	const void *at;
	u64 bytes;
};

/* struct msghdr of the C library */
struct packet {
	void *name;
	u64 name_bytes;
	struct piece *pieces;
	u64 count;
	void *rights;
	u64 rights_bytes;
	u64 flags;
};

/* A descriptor, and what epoll looks at it for. */
struct end {
	struct terminal *of;
	int fd; /* -1: there is none */
	int watched;
	u32 wanted;
};

struct terminal {
	struct terminal *next, *next_held;
	u32 id;
	u32 client_number;
	u32 owed; /* what the helper has yet to be told, or 0 */
	u32 allowance;
	struct end master, client;
	u64 written, sent; /* bytes of output since the beginning */
	u32 header; /* says how many old bytes follow it */
	u32 header_left;
	u32 input_at, input_end;
	u64 sent_at; /* when its client was last woken */
	u8 kept, shown, hung_up, input_over, blocked, held, gathers, over, dead;
	u8 is_ending; /* nobody has the other side; it may be that somebody opens it again */
	u8 input[INPUT];
	u8 ring[RING];
};

static int watch;

static void end_watch(struct end *end)
{
	if (end->watched)
		raw(__NR_epoll_ctl, (u64)watch, EPOLL_CTL_DEL, (u64)end->fd, 0, 0, 0);
	end->watched = 0;
}

static void set_watch(struct end *end, u32 wanted)
{
	struct epoll_event event = { wanted, (u64)end };
	if (end->watched && end->wanted == wanted)
		return;
	raw(__NR_epoll_ctl, (u64)watch, end->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, (u64)end->fd, (u64)&event, 0, 0);
	end->watched = 1;
	end->wanted = wanted;
}

/* Closing alone would leave it watched: the helper has the same open file. */
static void put_away(struct end *end)
{
	if (end->fd < 0)
		return;
	end_watch(end);
	raw(__NR_close, (u64)end->fd, 0, 0, 0, 0, 0);
	end->fd = -1;
}

static u64 unsent(const struct terminal *terminal)
{
	return terminal->written - terminal->sent;
}

/* Before its first client comes the program waits: that one is to see all. */
static int is_to_read(const struct terminal *terminal)
{
	if (terminal->master.fd < 0)
		return 0;
	if (terminal->client.fd >= 0)
		return unsent(terminal) < AHEAD;
	return terminal->kept && terminal->shown && terminal->allowance > 0;
}

static int is_all_sent(const struct terminal *terminal)
{
	return terminal->header_left == 0 && unsent(terminal) == 0;
}

static void hang_up(struct terminal *terminal)
{
	put_away(&terminal->master);
	terminal->hung_up = 1;
	terminal->input_at = terminal->input_end = 0;
}

/*
 * Is there something to read? A read that finds nothing waits for the kernel's worker to bring more, for
 * milliseconds and whatever O_NONBLOCK says (n_tty_read); the other terminals would wait with it.
 */
static int has_output(const struct terminal *terminal)
{
	int waiting = 0;
	long failed = raw(__NR_ioctl, (u64)terminal->master.fd, TIOCINQ, (u64)&waiting, 0, 0, 0);
	return failed || waiting || terminal->is_ending;
}

/* @param has_some epoll has just said so. @return whether that was all there is for now */
static int read_output(struct terminal *terminal, int has_some)
{
	int is_alone = terminal->client.fd < 0;
	u32 left = is_alone && terminal->allowance < ROUND ? terminal->allowance : ROUND;
	while (left) {
		u32 at = terminal->written % RING;
		u32 room = RING - at < left ? RING - at : left;
		if (!has_some && !has_output(terminal))
			return 1;
		has_some = 0;
		long got = raw(__NR_read, (u64)terminal->master.fd, (u64)(terminal->ring + at), room, 0, 0, 0);
		if (got == -EAGAIN) {
			terminal->is_ending = 0;
			return 1;
		}
		/* EIO, and only once everything was read: nobody has the other side any more. */
		if (got <= 0) {
			hang_up(terminal);
			return 1;
		}
		terminal->written += (u64)got;
		left -= (u32)got;
		if (is_alone)
			terminal->allowance -= (u32)got;
	}
	return 0;
}

/* @return 0 when the client has gone */
static int send_output(struct terminal *terminal)
{
	terminal->blocked = 0;
	while (!is_all_sent(terminal)) {
		u64 at = terminal->sent % RING, bytes = unsent(terminal);
		u64 first = RING - at < bytes ? RING - at : bytes;
		struct piece pieces[] = {
			{ (u8 *)&terminal->header + sizeof terminal->header - terminal->header_left, terminal->header_left },
			{ terminal->ring + at, first },
			{ terminal->ring, bytes - first },
		};
		struct packet packet = { 0, 0, pieces, 3, 0, 0, 0 };
		long sent = raw(__NR_sendmsg, (u64)terminal->client.fd, (u64)&packet, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0, 0);
		if (sent == -EAGAIN) {
			terminal->blocked = 1;
			return 1;
		}
		if (sent < 0)
			return 0;
		u32 of_header = (u64)sent < terminal->header_left ? (u32)sent : terminal->header_left;
		terminal->header_left -= of_header;
		terminal->sent += (u64)sent - of_header;
	}
	return 1;
}

static void give_input(struct terminal *terminal)
{
	while (terminal->input_at < terminal->input_end) {
		u64 bytes = terminal->input_end - terminal->input_at;
		long put = raw(__NR_write, (u64)terminal->master.fd, (u64)(terminal->input + terminal->input_at), bytes, 0, 0, 0);
		if (put == -EAGAIN)
			return;
		if (put <= 0)
			break; /* nobody will ever read it */
		terminal->input_at += (u32)put;
	}
	terminal->input_at = terminal->input_end = 0;
}

static void take_input(struct terminal *terminal)
{
	while (!terminal->input_over && terminal->input_end < INPUT) {
		u8 *into = terminal->input + terminal->input_end;
		u64 room = INPUT - terminal->input_end;
		long got = raw(__NR_recvfrom, (u64)terminal->client.fd, (u64)into, room, MSG_DONTWAIT, 0, 0);
		if (got == -EAGAIN)
			return;
		if (got <= 0)
			terminal->input_over = 1; /* shutdown(2) is not its going: it may still look */
		/* After the end it is for nobody, but who does not read never sees the client go. */
		else if (terminal->master.fd >= 0)
			terminal->input_end += (u32)got;
	}
}

/* What is watched follows from the state: a descriptor whose news is not wanted would report it for ever. */
static void watch_what_matters(struct terminal *terminal)
{
	if (terminal->master.fd >= 0) {
		u32 wanted = (is_to_read(terminal) ? EPOLLIN : 0) | (terminal->input_end ? EPOLLOUT : 0);
		/* By edges: a pty that is asked again and again whether it has something waits as a read does. */
		if (wanted)
			set_watch(&terminal->master, wanted | (u32)EPOLLET);
		else
			end_watch(&terminal->master);
	}
	if (terminal->client.fd >= 0) {
		int hears = !terminal->input_over && terminal->input_end < INPUT;
		/* Without either it still tells when the client goes. */
		set_watch(&terminal->client, (hears ? EPOLLIN : 0) | (terminal->blocked ? EPOLLOUT : 0));
	}
}

/* Where the old output begins: where the ring went round, behind its first line, so that nothing is cut in two. */
static u64 beginning_of(const struct terminal *terminal)
{
	if (terminal->written <= RING)
		return 0;
	for (u64 at = terminal->written - RING; at < terminal->written; at++)
		if (terminal->ring[at % RING] == '\n')
			return at + 1;
	return terminal->written - RING;
}
