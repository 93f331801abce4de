/*
 * What a compiler may call of a C library even where there is none, as GCC says of -ffreestanding: for a structure that is
 * cleared, say, on arm64. Linked to each program; the linker leaves out what it does not call.
 */
typedef unsigned char u8;
typedef __SIZE_TYPE__ size;

/* Without it, the compiler takes a loop for the very function that it is in. */
#define STAY_A_LOOP() __asm__ volatile("" ::: "memory")

void *memset(void *start, int value, size bytes)
{
	for (u8 *at = start; bytes-- > 0; at++) {
		*at = (u8)value;
		STAY_A_LOOP();
	}
	return start;
}

void *memcpy(void *to, const void *from, size bytes)
{
	u8 *at = to;
	for (const u8 *each = from; bytes-- > 0; each++) {
		*at++ = *each;
		STAY_A_LOOP();
	}
	return to;
}

void *memmove(void *to, const void *from, size bytes)
{
	if (to <= from)
		return memcpy(to, from, bytes);
	while (bytes-- > 0) {
		((u8 *)to)[bytes] = ((const u8 *)from)[bytes];
		STAY_A_LOOP();
	}
	return to;
}

int memcmp(const void *one, const void *other, size bytes)
{
	const u8 *a = one, *b = other;
	for (; bytes > 0; a++, b++, bytes--)
		if (*a != *b)
			return *a - *b;
	return 0;
}
