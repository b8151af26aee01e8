package android.app;

public abstract class Service extends android.content.Context {
    public int onStartCommand(android.content.Intent intent, int flags, int startId) {
        return 2;
    }

    public abstract android.os.IBinder onBind(android.content.Intent intent);

    @Override
    public boolean bindService(
            android.content.Intent service,
            android.content.ServiceConnection connection,
            int flags) {
        return false;
    }

    @Override
    public void unbindService(android.content.ServiceConnection connection) {}

    @Override
    public android.content.Context getApplicationContext() {
        return this;
    }
}
