package org.kivy.android;

public class PythonUtil {
    public static String getAppRoot(android.content.Context context) {
        return System.getProperty("appRoot");
    }

    public static String getResourceString(android.content.Context context, String name) {
        return System.getProperty(name);
    }
}
