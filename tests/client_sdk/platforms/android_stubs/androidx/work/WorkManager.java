package androidx.work;

public class WorkManager {
    private static final WorkManager INSTANCE = new WorkManager();

    public static WorkManager getInstance(android.content.Context context) {
        return INSTANCE;
    }

    public void enqueueUniquePeriodicWork(
            String name, ExistingPeriodicWorkPolicy policy, PeriodicWorkRequest request) {
        System.out.println("enqueued " + name + " " + policy + " " + request);
    }

    public void cancelUniqueWork(String name) {
        System.out.println("cancelled " + name);
    }
}
