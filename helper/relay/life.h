/* The terminals there are, and what the helper is told of them. */
#pragma once

#include <linux/time.h>

#include "terminal.h"

/* What it is started with. */
enum { ORDERS = 0, REPORTS = 1 };

/* DETACHED: the client has gone. OVER: so has the program, and the client has it all. */
enum { DETACHED = 1, OVER };
struct report {
	u32 kind, id, client_number, zero;
};

static struct terminal *terminals;
static struct terminal *held; /* those of which more is to be read before it is sent */
static int deaths; /* are there any to bury? */
static struct end reports = { 0, REPORTS, 0, 0 };
/* When something is to be done without an event, in µs; 0: nothing. */
static u64 refill_at, deliver_at;

static u64 now_us(void)
{
	struct __kernel_old_timespec time;
	raw(__NR_clock_gettime, CLOCK_MONOTONIC, (u64)&time, 0, 0, 0, 0);
	return (u64)time.tv_sec * 1000000 + (u64)time.tv_nsec / 1000;
}

/* @return whether the helper will read it; when its pipe is full it has to be told later */
static int tell(u32 kind, u32 id, u32 client_number)
{
	struct report report = { kind, id, client_number, 0 };
	return raw(__NR_write, REPORTS, (u64)&report, sizeof report, 0, 0, 0) != -EAGAIN;
}

static void owe(struct terminal *terminal, u32 kind)
{
	terminal->owed = tell(kind, terminal->id, terminal->client_number) ? 0 : kind;
	if (terminal->owed)
		set_watch(&reports, EPOLLOUT);
}

static void pay(void)
{
	for (struct terminal *each = terminals; each; each = each->next) {
		if (each->owed && !tell(each->owed, each->id, each->client_number))
			return;
		each->owed = 0;
	}
	end_watch(&reports);
}

static void die(struct terminal *terminal)
{
	terminal->dead = 1;
	deaths = 1;
}

static void lose_client(struct terminal *terminal)
{
	put_away(&terminal->client);
	terminal->header_left = terminal->blocked = terminal->gathers = 0;
	terminal->allowance = ALLOWANCE;
	if (terminal->over)
		die(terminal);
	else
		owe(terminal, DETACHED);
}

/* The helper may forget it. Its socket stays until the client closes it, too: what that may still write is no error. */
static void finish(struct terminal *terminal)
{
	put_away(&terminal->master);
	terminal->over = 1;
	terminal->blocked = 0;
	if (terminal->client.fd < 0)
		die(terminal);
	else
		raw(__NR_shutdown, (u64)terminal->client.fd, SHUT_WR, 0, 0, 0, 0);
}

/* To be called after whatever happened to a terminal. */
static void settle(struct terminal *terminal)
{
	if (terminal->hung_up && !terminal->over && terminal->client.fd >= 0 && is_all_sent(terminal)) {
		owe(terminal, OVER);
		finish(terminal);
	}
	if (!refill_at && terminal->client.fd < 0 && terminal->master.fd >= 0 && terminal->allowance == 0)
		refill_at = now_us() + REFILL_US;
	watch_what_matters(terminal);
}

/* Not before all events of a round are through: one of them may be of a terminal that another has ended. */
static void bury(void)
{
	deaths = 0;
	for (struct terminal **link = &terminals; *link;) {
		struct terminal *each = *link;
		if (!each->dead || each->owed || each->held) {
			deaths |= each->dead;
			link = &each->next;
			continue;
		}
		*link = each->next;
		raw(__NR_munmap, (u64)each, sizeof *each, 0, 0, 0, 0);
	}
}

static void hear_client(struct terminal *terminal, u32 events)
{
	if (events & ~(u32)EPOLLOUT)
		take_input(terminal);
	if (terminal->master.fd >= 0)
		give_input(terminal);
	if ((events & (EPOLLHUP | EPOLLERR)) || ((events & EPOLLOUT) && !send_output(terminal)))
		lose_client(terminal);
}

/* It goes on in the next round. */
static void hold(struct terminal *terminal)
{
	if (terminal->held)
		return;
	terminal->held = 1;
	terminal->next_held = held;
	held = terminal;
}

/* What is little and follows the last at once is gathered: a prompt and its echo are not, and a flood wakes its client seldom. */
static void deliver(struct terminal *terminal)
{
	if (terminal->client.fd < 0 || terminal->blocked || is_all_sent(terminal))
		return;
	u64 now = now_us();
	if (is_to_read(terminal) && now < terminal->sent_at + GATHER_US) {
		terminal->gathers = 1;
		if (!deliver_at)
			deliver_at = now + GATHER_US;
		return;
	}
	terminal->sent_at = now;
	terminal->gathers = 0;
	if (!send_output(terminal))
		lose_client(terminal);
}

static void hear_program(struct terminal *terminal, u32 events)
{
	if (events & EPOLLHUP)
		terminal->is_ending = 1;
	give_input(terminal);
	int is_all = !is_to_read(terminal) || read_output(terminal, (events & EPOLLIN) != 0);
	if (!is_all && is_to_read(terminal))
		hold(terminal);
	else
		deliver(terminal);
}
