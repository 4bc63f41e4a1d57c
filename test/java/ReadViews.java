import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Set;

/**
 * Reads relations as a BI tool does, through pgjdbc. Arguments: JDBC URL and user. Names of relations come on standard
 * input, one a line; for each goes out one line: its name, "rows" and their number, or "refused" and the SQLSTATE, and
 * the columns that are not of a type that every tool knows.
 */
public class ReadViews
{
	private static final Set<Integer> PLAIN = Set.of(Types.BIGINT, Types.INTEGER, Types.SMALLINT, Types.NUMERIC,
		Types.DOUBLE, Types.REAL, Types.VARCHAR, Types.BIT, Types.BOOLEAN, Types.DATE, Types.TIMESTAMP,
		Types.TIMESTAMP_WITH_TIMEZONE);

	public static void main(String[] args) throws Exception
	{
		BufferedReader names = new BufferedReader(new InputStreamReader(System.in));

		try (Connection connection = DriverManager.getConnection(args[0], args[1], ""))
		{
			for (String name = names.readLine(); name != null; name = names.readLine())
				System.out.println(name + "\t" + read(connection, name));
		}
	}

	private static String read(Connection connection, String name)
	{
		try (Statement statement = connection.createStatement();
			 ResultSet rows = statement.executeQuery("SELECT * FROM " + name))
		{
			ResultSetMetaData columns = rows.getMetaData();
			StringBuilder strange = new StringBuilder();
			long count = 0;

			for (int c = 1; c <= columns.getColumnCount(); c++)
				if (!PLAIN.contains(columns.getColumnType(c)))
					strange.append(' ').append(columns.getColumnName(c)).append(':').append(columns.getColumnTypeName(c));
			while (rows.next())
			{
				count++;
				for (int c = 1; c <= columns.getColumnCount(); c++)
					rows.getObject(c);
			}
			return "rows " + count + strange;
		}
		catch (SQLException e)
		{
			return "refused " + e.getSQLState();
		}
	}
}
