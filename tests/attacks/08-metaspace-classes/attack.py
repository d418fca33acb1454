from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

runnable = jvm.java.lang.Class.forName("java.lang.Runnable")
interfaces = gateway.new_array(jvm.java.lang.Class, 1)
interfaces[0] = runnable
urls = gateway.new_array(jvm.java.net.URL, 0)
kept = jvm.java.util.ArrayList()
handler = jvm.java.lang.reflect.Proxy
parent = jvm.java.lang.ClassLoader.getSystemClassLoader()
for made in range(60_000):
    loader = jvm.java.net.URLClassLoader(urls, parent)
    kept.add(handler.getProxyClass(loader, interfaces))
print("through: classes", made, flush=True)
