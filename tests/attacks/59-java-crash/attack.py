from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

field = jvm.java.lang.Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe")
field.setAccessible(True)
field.get(None).putAddress(0, 0)
