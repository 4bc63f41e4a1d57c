/*
 * hba.h
 *		The pg_hba.conf on disk, as this server reads it, and which of its lines a connection meets.
 *
 * Tokens and lines come from the server's own tokenize_auth_file() and parse_hba_line(). What follows
 * them is ours: load_hba() replaces the lines of the whole server and crashes in a backend, and the
 * matchers of hba.c are static. Since the file is read and not the postmaster's memory, answers are
 * those of the next reload, as in pg_hba_file_rules.
 */
#ifndef PF_HBA_H
#define PF_HBA_H

#include "pf.h"

#include "libpq/hba.h"
#include "utils/inet.h"

/* How a connection comes. TLS and GSSAPI encryption exclude each other; a socket has neither. */
typedef enum PfTransport
{
	PF_BY_SOCKET,
	PF_BY_PLAIN,
	PF_BY_SSL,
	PF_BY_GSS
} PfTransport;
#define PF_NTRANSPORTS 4

/* Addresses from low to high, both of them in. All their bytes in network order: memcmp() compares. */
typedef struct PfRange
{
	int			family;			/* AF_INET or AF_INET6 */
	unsigned char low[16];
	unsigned char high[16];
} PfRange;

typedef struct PfHbaLine
{
	const HbaLine *line;
	char	   *rule;			/* as in view hba_rule: without options, which may hold passwords */
	int			nranges;		/* addresses it is for; none for a socket */
	PfRange    *ranges;
	bool		is_certain;		/* false: a host name, or a mask with holes, says more or less than ranges can */
} PfHbaLine;

typedef struct PfHba
{
	int			nlines;
	PfHbaLine  *lines;
} PfHba;

/* Who connects to what. A physical replication connection names no database. */
typedef struct PfHbaWho
{
	const char *database;
	const char *role;
	Oid			roleid;			/* invalid: no such role */
	bool		is_replication;
} PfHbaWho;

/* hba_file.c */
extern PfHba *pf_read_hba(void);
extern bool pf_hba_takes_transport(const HbaLine *line, PfTransport transport);
extern bool pf_hba_takes_who(const HbaLine *line, const PfHbaWho *who);

/* hba_address.c */
extern int	pf_mask_bits(const struct sockaddr_storage *mask);
extern void pf_hba_find_ranges(PfHbaLine *line);
extern void pf_hba_sockaddr(const inet *address, struct sockaddr_storage *into);
extern bool pf_hba_takes_address(const PfHbaLine *line, const struct sockaddr_storage *address);
extern bool pf_hba_resolves(const char *pattern, const struct sockaddr_storage *address);
extern Datum pf_range_low(const PfRange *range);

#endif							/* PF_HBA_H */
