package org.kazi.tutorial;

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.IBinder;
import android.util.Log;
import androidx.annotation.NonNull;
import androidx.work.Constraints;
import androidx.work.Data;
import androidx.work.ExistingPeriodicWorkPolicy;
import androidx.work.NetworkType;
import androidx.work.PeriodicWorkRequest;
import androidx.work.WorkManager;
import androidx.work.Worker;
import androidx.work.WorkerParameters;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Runs the app's sync service from time to time, also while the app is closed.
 *
 * <p>WorkManager runs this in the app's main process, where no Python need be. It binds the
 * service, whose process runs Python, delivers, and dies: that is how the end is seen.
 */
public final class KaziSyncWorker extends Worker {
    private static final String TAG = "KaziSync";
    private static final String NAME = "kazi-tutorial-sync";
    private static final String SERVICE = "service";

    /** Longer than the script takes at most; less than the ten minutes of a job. */
    private static final long TIMEOUT_SECONDS = 120;

    private final CountDownLatch ended = new CountDownLatch(1);

    public KaziSyncWorker(@NonNull Context context, @NonNull WorkerParameters parameters) {
        super(context, parameters);
    }

    /**
     * Asks WorkManager to run a service; a later call replaces an earlier one.
     *
     * @param service full name of a service class that extends {@link KaziSyncService}
     * @param minutes time between two runs; WorkManager allows no less than 15
     * @param isUnmeteredOnly whether to wait for a network that costs nothing
     */
    public static void schedule(
            Context context, String service, int minutes, boolean isUnmeteredOnly) {
        Constraints constraints =
                new Constraints.Builder()
                        .setRequiredNetworkType(
                                isUnmeteredOnly ? NetworkType.UNMETERED : NetworkType.CONNECTED)
                        .setRequiresBatteryNotLow(true)
                        .build();
        PeriodicWorkRequest request =
                new PeriodicWorkRequest.Builder(KaziSyncWorker.class, minutes, TimeUnit.MINUTES)
                        .setConstraints(constraints)
                        .setInputData(new Data.Builder().putString(SERVICE, service).build())
                        .build();
        WorkManager.getInstance(context)
                .enqueueUniquePeriodicWork(NAME, ExistingPeriodicWorkPolicy.UPDATE, request);
    }

    /** Takes the request back. */
    public static void cancel(Context context) {
        WorkManager.getInstance(context).cancelUniqueWork(NAME);
    }

    @NonNull
    @Override
    public Result doWork() {
        Context context = getApplicationContext();
        String service = getInputData().getString(SERVICE);
        Intent intent = new Intent().setClassName(context, service);
        Connection connection = new Connection();
        try {
            if (!context.bindService(intent, connection, Context.BIND_AUTO_CREATE)) {
                Log.e(TAG, "there is no service " + service);
                return Result.failure();
            }
            ended.await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            // Also after bindService said no. The system would start the service again for a
            // client that stays bound to one that died.
            context.unbindService(connection);
        }
        // What could not be delivered waits in the app's file for the next run.
        return Result.success();
    }

    /** The conditions no longer hold: unbinding ends the service, which may die any time. */
    @Override
    public void onStopped() {
        ended.countDown();
    }

    private final class Connection implements ServiceConnection {
        @Override
        public void onServiceConnected(ComponentName name, IBinder binder) {}

        @Override
        public void onServiceDisconnected(ComponentName name) {
            ended.countDown();
        }

        @Override
        public void onBindingDied(ComponentName name) {
            ended.countDown();
        }

        @Override
        public void onNullBinding(ComponentName name) {
            ended.countDown();
        }
    }
}
