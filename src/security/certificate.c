/*
 * certificate.c
 *		certificate_expiry(): until when the certificates of the server are valid.
 *
 * The files of ssl_cert_file and ssl_ca_file as they lie on disk, which the next reload takes, read
 * by the OpenSSL that the server is linked with. Nobody can name another file, and nothing is shown
 * of one that holds no certificate.
 */
#include "pf.h"

#include "funcapi.h"
#include "postmaster/postmaster.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#ifdef USE_OPENSSL
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#endif

PG_FUNCTION_INFO_V1(pf_certificate_expiry);

#ifdef USE_OPENSSL

#define COL_SETTING		0
#define COL_PLACE		1
#define COL_SUBJECT		2
#define COL_ISSUER		3
#define COL_NOT_BEFORE	4
#define COL_NOT_AFTER	5
#define COL_PROBLEM		6
#define NCOLS			7

/* A file of certificates is small; nobody makes us read anything else to its end. */
#define MAX_FILE (1024 * 1024)

/* RFC 2253 with everything that is not ASCII escaped: right in every server encoding */
static Datum
distinguished_name(X509_NAME *name)
{
	BIO		   *bio = BIO_new(BIO_s_mem());
	char	   *data;
	long		length;
	text	   *result;

	if (bio == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
	length = BIO_get_mem_data(bio, &data);
	result = cstring_to_text_with_len(data, length);
	BIO_free(bio);
	return PointerGetDatum(result);
}

static Datum
moment(const ASN1_TIME *when, bool *isnull)
{
	struct tm	utc;
	struct pg_tm tm = {0};
	int			zone = 0;
	TimestampTz result;

	*isnull = true;
	if (ASN1_TIME_to_tm(when, &utc) != 1)
		return (Datum) 0;
	tm.tm_year = utc.tm_year + 1900;
	tm.tm_mon = utc.tm_mon + 1;
	tm.tm_mday = utc.tm_mday;
	tm.tm_hour = utc.tm_hour;
	tm.tm_min = utc.tm_min;
	tm.tm_sec = utc.tm_sec;
	*isnull = tm2timestamp(&tm, 0, &zone, &result) != 0;
	return *isnull ? (Datum) 0 : TimestampTzGetDatum(result);
}

static void
put_problem(ReturnSetInfo *rsinfo, const char *setting, const char *problem)
{
	Datum		values[NCOLS] = {0};
	bool		nulls[NCOLS] = {false, true, true, true, true, true, false};

	values[COL_SETTING] = CStringGetTextDatum(setting);
	values[COL_PROBLEM] = CStringGetTextDatum(problem);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_certificate(ReturnSetInfo *rsinfo, const char *setting, int place, X509 *certificate)
{
	Datum		values[NCOLS] = {0};
	bool		nulls[NCOLS] = {false};

	values[COL_SETTING] = CStringGetTextDatum(setting);
	values[COL_PLACE] = Int32GetDatum(place);
	values[COL_SUBJECT] = distinguished_name(X509_get_subject_name(certificate));
	values[COL_ISSUER] = distinguished_name(X509_get_issuer_name(certificate));
	values[COL_NOT_BEFORE] = moment(X509_get0_notBefore(certificate), &nulls[COL_NOT_BEFORE]);
	values[COL_NOT_AFTER] = moment(X509_get0_notAfter(certificate), &nulls[COL_NOT_AFTER]);
	nulls[COL_PROBLEM] = true;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_certificates(ReturnSetInfo *rsinfo, const char *setting, const char *data, int length)
{
	BIO		   *volatile bio = BIO_new_mem_buf(data, length);
	X509	   *volatile certificate = NULL;
	volatile int place = 0;

	if (bio == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	PG_TRY();
	{
		while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		{
			put_certificate(rsinfo, setting, ++place, certificate);
			X509_free(certificate);
			certificate = NULL;
		}
		/* the end of the file is where no certificate begins; anything else is a broken one */
		if (place == 0)
			put_problem(rsinfo, setting, "the file holds no certificate");
		else if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
			put_problem(rsinfo, setting, psprintf("what follows certificate %d cannot be read", place));
	}
	PG_FINALLY();
	{
		X509_free(certificate);
		BIO_free(bio);
		/* TLS of this session looks at the same queue */
		ERR_clear_error();
	}
	PG_END_TRY();
}

static void
put_file(ReturnSetInfo *rsinfo, const char *setting)
{
	const char *path = GetConfigOption(setting, true, false);
	FILE	   *file;
	char	   *data;
	size_t		length;

	if (path == NULL || path[0] == '\0')
		return;
	file = AllocateFile(path, "r");
	if (file == NULL)
	{
		/* the default names a file that is there only where TLS is on */
		if (EnableSSL || errno != ENOENT)
			put_problem(rsinfo, setting, psprintf("the server cannot open the file: %m"));
		return;
	}
	data = palloc(MAX_FILE);
	length = fread(data, 1, MAX_FILE, file);
	FreeFile(file);
	put_certificates(rsinfo, setting, data, (int) length);
	pfree(data);
}

Datum
pf_certificate_expiry(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	pf_init_materialized_srf(fcinfo);
	ERR_clear_error();
	put_file(rsinfo, "ssl_cert_file");
	put_file(rsinfo, "ssl_ca_file");
	return (Datum) 0;
}

#else

/* A server without TLS has no certificate. */
Datum
pf_certificate_expiry(PG_FUNCTION_ARGS)
{
	pf_init_materialized_srf(fcinfo);
	return (Datum) 0;
}

#endif							/* USE_OPENSSL */
