/*
 * hba_address.c
 *		The addresses that a line of pg_hba.conf is for: as ranges, to compare lines with each other, and
 *		as the server compares them with the address of a connection.
 */
#include "hba.h"

#ifdef PF_HAS_AUTH_TOKENS

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/ip.h"
#include "libpq/ifaddr.h"
#include "port.h"
#include "utils/builtins.h"

static const unsigned char *
address_bytes(const struct sockaddr_storage *address, int *size)
{
	if (address->ss_family == AF_INET)
	{
		*size = 4;
		return (const unsigned char *) &((const struct sockaddr_in *) address)->sin_addr;
	}
	*size = 16;
	return (const unsigned char *) &((const struct sockaddr_in6 *) address)->sin6_addr;
}

/* Number of bits of a mask, -1 where it has holes */
int
pf_mask_bits(const struct sockaddr_storage *mask)
{
	int			size;
	const unsigned char *bytes = address_bytes(mask, &size);
	int			bits = 0;

	while (bits < size * 8 && (bytes[bits / 8] & (0x80 >> bits % 8)))
		bits++;
	for (int i = bits; i < size * 8; i++)
		if (bytes[i / 8] & (0x80 >> i % 8))
			return -1;
	return bits;
}

static void
add_range(PfHbaLine *line, const struct sockaddr_storage *address, const struct sockaddr_storage *mask)
{
	PfRange    *range;
	int			size;
	const unsigned char *bytes = address_bytes(address, &size);
	const unsigned char *bits = mask ? address_bytes(mask, &size) : NULL;

	line->ranges = line->ranges ? repalloc(line->ranges, sizeof(PfRange) * (line->nranges + 1)) : palloc(sizeof(PfRange));
	range = &line->ranges[line->nranges++];
	memset(range, 0, sizeof(PfRange));
	range->family = address->ss_family;
	for (int i = 0; i < size; i++)
	{
		unsigned char fixed = bits ? bits[i] : 0xff;

		range->low[i] = bytes[i] & fixed;
		range->high[i] = bytes[i] | (unsigned char) ~fixed;
	}
}

static void
add_all(PfHbaLine *line)
{
	struct sockaddr_storage nothing = {0};

	nothing.ss_family = AF_INET;
	add_range(line, &nothing, &nothing);
	nothing.ss_family = AF_INET6;
	add_range(line, &nothing, &nothing);
}

/* One address of this machine: samehost is for it alone, samenet for its network */
static void
add_interface(struct sockaddr *address, struct sockaddr *netmask, void *data)
{
	PfHbaLine  *line = data;

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return;
	add_range(line, (struct sockaddr_storage *) address,
			  line->line->ip_cmp_method == ipCmpSameNet ? (struct sockaddr_storage *) netmask : NULL);
}

void
pf_hba_find_ranges(PfHbaLine *line)
{
	const HbaLine *hba = line->line;

	line->is_certain = true;
	if (hba->conntype == ctLocal)
		return;
	if (hba->ip_cmp_method == ipCmpSameHost || hba->ip_cmp_method == ipCmpSameNet)
	{
		if (pg_foreach_ifaddr(add_interface, line) < 0)
			ereport(ERROR,
					(errcode_for_socket_access(),
					 errmsg("could not list the addresses of this machine: %m")));
		return;
	}
	line->is_certain = hba->ip_cmp_method == ipCmpAll || (hba->hostname == NULL && pf_mask_bits(&hba->mask) >= 0);
	if (hba->ip_cmp_method == ipCmpAll || !line->is_certain)
		add_all(line);
	else
		add_range(line, &hba->addr, &hba->mask);
}

void
pf_hba_sockaddr(const inet *address, struct sockaddr_storage *into)
{
	int			size;

	memset(into, 0, sizeof(*into));
	into->ss_family = ip_family(address) == PGSQL_AF_INET ? AF_INET : AF_INET6;
	memcpy((unsigned char *) address_bytes(into, &size), ip_addr(address), ip_addrsize(address));
}

/* Host names are pf_hba_resolves()'s. */
bool
pf_hba_takes_address(const PfHbaLine *line, const struct sockaddr_storage *address)
{
	int			size;
	const unsigned char *bytes = address_bytes(address, &size);

	if (line->line->ip_cmp_method == ipCmpMask)
		return address->ss_family == line->line->addr.ss_family &&
			pg_range_sockaddr(address, &line->line->addr, &line->line->mask);
	for (int i = 0; i < line->nranges; i++)
		if (line->ranges[i].family == address->ss_family &&
			memcmp(line->ranges[i].low, bytes, size) <= 0 && memcmp(bytes, line->ranges[i].high, size) <= 0)
			return true;
	return false;
}

static bool
host_name_is(const char *pattern, const char *name)
{
	size_t		length = strlen(pattern);

	if (pattern[0] == '.')
		return strlen(name) >= length && pg_strcasecmp(pattern, name + strlen(name) - length) == 0;
	return pg_strcasecmp(pattern, name) == 0;
}

/*
 * Does the name server say that an address has a name that fits, and that the name has the address? It
 * may take as long as the resolver takes.
 */
bool
pf_hba_resolves(const char *pattern, const struct sockaddr_storage *address)
{
	char		name[NI_MAXHOST];
	struct addrinfo *found = NULL;
	int			size;
	const unsigned char *bytes = address_bytes(address, &size);
	bool		same = false;

	if (pg_getnameinfo_all(address, address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
						   name, sizeof(name), NULL, 0, NI_NAMEREQD) != 0 || !host_name_is(pattern, name))
		return false;
	if (getaddrinfo(name, NULL, NULL, &found) != 0)
		return false;
	for (struct addrinfo *one = found; one && !same; one = one->ai_next)
	{
		int			other;

		same = one->ai_family == address->ss_family &&
			memcmp(address_bytes((struct sockaddr_storage *) one->ai_addr, &other), bytes, size) == 0;
	}
	freeaddrinfo(found);
	return same;
}

/* The first address of a range, as inet */
Datum
pf_range_low(const PfRange *range)
{
	char		address[INET6_ADDRSTRLEN];

	if (inet_ntop(range->family, range->low, address, sizeof(address)) == NULL)
		elog(ERROR, "could not write an address: %m");
	return DirectFunctionCall1(inet_in, CStringGetDatum(address));
}

#endif							/* PF_HAS_AUTH_TOKENS */
