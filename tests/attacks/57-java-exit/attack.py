from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm
jvm.java.lang.System.exit(0)
