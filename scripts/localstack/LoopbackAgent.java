// Copyright: Contributors to the auditflow.dynamodb collection
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import java.lang.reflect.Field;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Keeps DynamoDB Local on the loopback address; by itself it listens on every address and has no option for it.
 *
 * LocalStack starts DynamoDB Local with a Java agent, so an agent's place is free: it runs before the main class, makes
 * the same server from the same arguments, and binds it to 127.0.0.1. It ends with the process: main is never reached.
 */
public final class LoopbackAgent {
    private static final String JAR = "DynamoDBLocal.jar ";

    public static void premain(String agentArguments) throws Exception {
        String command = System.getProperty("sun.java.command");
        String[] arguments = command.substring(command.indexOf(JAR) + JAR.length()).split(" ");
        DynamoDBProxyServer dynamodb = ServerRunner.createServerFromCommandLineArgs(arguments);
        Field field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        for (Connector connector : ((Server) field.get(dynamodb)).getConnectors()) {
            ((ServerConnector) connector).setHost("127.0.0.1");
        }
        dynamodb.start();
        dynamodb.join();
        System.exit(0);
    }
}
