package org.kivy.android;

public class PythonService extends android.app.Service {
    @Override
    public android.os.IBinder onBind(android.content.Intent intent) {
        return null;
    }

    protected android.content.Intent getThisDefaultIntent(
            android.content.Context context, String argument) {
        return null;
    }
}
